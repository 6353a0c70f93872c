"""Outcomes of ingestion, one for each record."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, connection, transaction

from tests.conftest import REJECTED_QUANTITY
from tests.ingest.expected import expected
from wingtel.aggregates import strategies
from wingtel.aggregates.strategies import switchover
from wingtel.ingest.batch import IngestOptions, Lookup
from wingtel.ingest.inputs import UsageRecordInput
from wingtel.ingest.outcomes import Conflict, Outcome, RecordOutcome, Rejection
from wingtel.ingest.service import ingest_usage
from wingtel.subscriptions.models import Subscription
from wingtel.usage import partitions
from wingtel.usage.models import DataUsageRecord, UsageType, VoiceUsageRecord
from wingtel.usage.ranges import LARGEST_PRICE, LARGEST_QUANTITY, PRICE_DECIMALS

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NAIVE = NOON.replace(tzinfo=None)
BY_PHONE = IngestOptions(lookup=Lookup.PHONE_NUMBER)
CREATING = IngestOptions(lookup=Lookup.DEVICE_ID, create_subscriptions=True)
NO_DATE = "is not a timestamp with a time zone"
UNKNOWN = "+12025550109"
NO_PRICE = f"is not a decimal up to {LARGEST_PRICE} with at most {PRICE_DECIMALS} decimals"


def record(
    record_id: str, subscription: str | int, *, kind: UsageType = UsageType.DATA, **changes: Any
) -> UsageRecordInput:
    made = UsageRecordInput(kind, NOON, subscription, 10, Decimal("0.5"), record_id, "att")
    return made._replace(**changes)


@pytest.fixture
def phone() -> str:
    Subscription.objects.create(carrier="att", phone_number="+12025550100", device_id="d-100")
    return "+12025550100"


def test_records_go_to_the_table_of_their_usage_type(phone: str) -> None:
    records = [record("r1", phone), record("r2", phone, kind=UsageType.VOICE), record("r3", phone)]
    assert ingest_usage(records, BY_PHONE) == expected(accepted=3)
    assert list(DataUsageRecord.objects.values_list("record_id", flat=True).order_by("record_id")) == ["r1", "r3"]
    assert VoiceUsageRecord.objects.get().seconds_used == 10


@pytest.mark.parametrize("copies", [1, 2], ids=["one", "several"])
def test_the_stored_record_is_as_given(phone: str, copies: int) -> None:
    timestamp = datetime(2026, 3, 1, 23, 59, 59, 999_999, timezone(timedelta(hours=-5)))
    given = record('a "quoted\\ \t{é},', phone, usage_date=timestamp, quantity=LARGEST_QUANTITY, price=LARGEST_PRICE)
    result = ingest_usage([given] * copies, BY_PHONE)
    assert result == expected(accepted=1, duplicates=[1][: copies - 1])
    stored = DataUsageRecord.objects.get()
    assert (stored.record_id, stored.usage_date, stored.kilobytes_used, stored.price) == (
        given.record_id,
        given.usage_date,
        given.quantity,
        given.price,
    )


def test_usage_without_a_reference_is_given_one_and_never_a_duplicate(phone: str) -> None:
    records = [record("", phone), record("", phone)]
    assert ingest_usage(records, BY_PHONE) == expected(accepted=2)
    assert all(len(record_id) == 36 for record_id in DataUsageRecord.objects.values_list("record_id", flat=True))


def test_the_same_reference_at_another_timestamp_is_another_record(phone: str) -> None:
    records = [record("r1", phone), record("r1", phone, usage_date=NOON + timedelta(days=40))]
    assert ingest_usage(records, BY_PHONE) == expected(accepted=2)


def test_of_two_records_with_one_key_the_first_is_stored(phone: str) -> None:
    records = [record("r1", phone, quantity=7), record("r1", phone, quantity=8)]
    conflict = Conflict(1, 7, Decimal("0.5"))
    assert ingest_usage(records, BY_PHONE) == expected(accepted=1, conflicts=[conflict])
    assert DataUsageRecord.objects.get().kilobytes_used == 7


def test_there_is_a_result_for_each_record_in_the_order_given(phone: str) -> None:
    ingest_usage([record("r2", phone)], BY_PHONE)
    records = [
        record("r1", UNKNOWN),
        record("r2", phone),
        record("r3", phone, quantity=-1),
        record("r4", phone),
        record("r4", phone),
    ]
    assert ingest_usage(records, BY_PHONE).outcomes == [
        RecordOutcome(Outcome.REJECTED, "identifier", f"unknown phone number {UNKNOWN}"),
        RecordOutcome(Outcome.DUPLICATE),
        RecordOutcome(Outcome.REJECTED, "quantity", f"-1 is not a whole number from 0 to {LARGEST_QUANTITY}"),
        RecordOutcome(Outcome.ACCEPTED),
        RecordOutcome(Outcome.DUPLICATE),
    ]


@pytest.mark.parametrize(
    ("lookup", "name", "reason"),
    [
        (Lookup.PHONE_NUMBER, UNKNOWN, f"unknown phone number {UNKNOWN}"),
        (Lookup.DEVICE_ID, "d-9", "unknown device id d-9"),
        (Lookup.ID, 0, "unknown subscription id 0"),
    ],
)
@pytest.mark.parametrize("count", [1, 2], ids=["one", "several"])
def test_an_unknown_subscription_is_rejected_by_its_identifier(
    lookup: Lookup, name: str | int, reason: str, count: int
) -> None:
    result = ingest_usage([record("r", name)] * count, IngestOptions(lookup=lookup))
    assert result == expected(rejected=[Rejection(index, "identifier", reason) for index in range(count)])


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"usage_type": "mms"}, "usage_type", "'mms' is none of data, voice, sms"),
        ({"usage_date": NOON.isoformat()}, "usage_date", f"'2026-03-01T12:00:00+00:00' {NO_DATE}"),
        ({"usage_date": NAIVE}, "usage_date", f"{NAIVE!r} {NO_DATE}"),
        ({"quantity": 2**63}, "quantity", f"{2**63} is not a whole number"),
        ({"quantity": 1.5}, "quantity", "1.5 is not a whole number"),
        ({"price": Decimal("NaN")}, "price", f"Decimal('NaN') {NO_PRICE}"),
        ({"price": Decimal("0.000000001")}, "price", f"Decimal('1E-9') {NO_PRICE}"),
        ({"price": 0.5}, "price", f"0.5 {NO_PRICE}"),
        ({"record_id": "r" * 101}, "record_id", "101 characters, more than 100"),
        ({"record_id": "a\0b"}, "record_id", "a NUL character, which PostgreSQL cannot keep"),
        ({"record_id": "\ud800"}, "record_id", r"'\ud800' is not valid Unicode text"),
        ({"identifier": ""}, "identifier", "empty"),
    ],
)  # fmt: skip
def test_a_value_out_of_range_is_rejected_and_the_others_stored(
    phone: str, changes: dict[str, Any], field: str, reason: str
) -> None:
    result = ingest_usage([record("r1", phone)._replace(**changes), record("r2", phone)], BY_PHONE)
    assert result == expected(accepted=1, rejected=[Rejection(0, field, reason)])


@pytest.mark.parametrize("name", ["x", "-1", "²", "9223372036854775808", ""])
def test_what_is_no_id_is_rejected(name: str) -> None:
    assert ingest_usage([record("r", name)]).rejected == (
        Rejection(0, "identifier", f"{name!r} is not a valid subscription id"),
    )


def test_a_price_with_more_zeros_is_taken(phone: str) -> None:
    assert ingest_usage([record("r", phone, price=Decimal("1.500000"))], BY_PHONE).accepted == 1
    assert DataUsageRecord.objects.get().price == Decimal("1.5")


def test_only_the_record_that_the_database_refuses_is_rejected(phone: str, refusing: None) -> None:
    records = [record("a", phone), record("b", phone, quantity=REJECTED_QUANTITY), record("c", phone)]
    rejection = Rejection(1, "quantity", "the database rejected it: an unlucky number")
    assert ingest_usage(records, BY_PHONE) == expected(accepted=2, rejected=[rejection])


def test_a_transaction_goes_on_after_a_record_that_the_database_refuses(phone: str, refusing: None) -> None:
    with transaction.atomic():
        ingest_usage([record("a", phone), record("b", phone, quantity=REJECTED_QUANTITY)], BY_PHONE)
        ingest_usage([record("c", phone)], BY_PHONE)
    assert DataUsageRecord.objects.count() == 2


def test_an_unknown_device_is_created_once_for_all_its_records() -> None:
    records = [record("r1", "d-1", carrier="sprint"), record("r2", "d-1")]
    assert ingest_usage(records, CREATING) == expected(accepted=2)
    assert Subscription.objects.values_list("device_id", "carrier", "phone_number").get() == ("d-1", "sprint", "")


def test_an_unknown_device_of_no_carrier_is_rejected() -> None:
    result = ingest_usage([record("r1", "d-1", carrier="")], CREATING)
    assert result.rejected == (Rejection(0, "carrier", "missing; a new subscription needs one of att, sprint"),)
    assert not Subscription.objects.exists()


def test_nothing_is_stored_from_no_records() -> None:
    assert ingest_usage([]) == expected()


def test_creating_by_id_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be created by its id"):
        ingest_usage([], IngestOptions(lookup=Lookup.ID, create_subscriptions=True))


def test_only_the_days_of_stored_records_get_partitions(phone: str) -> None:
    far = NOON + timedelta(days=400)
    ingest_usage([record("r1", "9", usage_date=far), record("r2", phone)], BY_PHONE)
    tables = {partition.table for partition in partitions.existing()}
    assert f"wingtel_data_usage_record_{NOON:%Y%m%d}" in tables
    assert f"wingtel_data_usage_record_{far:%Y%m%d}" not in tables


def test_a_zone_that_this_process_remembers_wrongly_is_read_again(phone: str) -> None:
    database = connection.settings_dict["NAME"]
    partitions.ensure([NOON.date(), NOON.date() + timedelta(days=1)])
    partitions._zones[database] = ZoneInfo("Pacific/Kiritimati")  # where it is the next day already
    records = [record("r1", phone), record("r2", phone)]
    assert ingest_usage(records, BY_PHONE) == expected(accepted=2)
    assert partitions.operator_zone() == ZoneInfo("UTC")


def test_a_constraint_of_the_operator_s_own_is_told(phone: str) -> None:
    ingest_usage([record("r0", phone), record("r1", phone)], BY_PHONE)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE wingtel_data_usage_record ADD CONSTRAINT ours CHECK (kilobytes_used <> 11)")
    with pytest.raises(IntegrityError, match="ours"), transaction.atomic():
        ingest_usage([record("r2", phone, quantity=11), record("r3", phone)], BY_PHONE)


@pytest.mark.django_db(transaction=True)
def test_the_day_of_a_late_record_is_made_for_the_strategy_that_was_switched_to(phone: str) -> None:
    """The statement itself finds that the strategy known to the process is not active any more."""
    for day, name in enumerate(strategies.NAMES):
        switchover.use(name)
        late = record(name, phone, usage_date=datetime(2027, 1, 1 + day, tzinfo=UTC))
        assert ingest_usage([late], BY_PHONE) == expected(accepted=1)
    assert partitions_of_2027() == [date(2027, 1, 1 + day) for day in range(len(strategies.NAMES))]


def partitions_of_2027() -> list[date]:
    tables = sorted(partition.table for partition in partitions.existing())
    prefix = "wingtel_data_usage_record_"
    return [date.fromisoformat(table.removeprefix(prefix)) for table in tables if table.startswith(f"{prefix}2027")]
