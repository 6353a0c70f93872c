"""Each business day has a partition in both raw tables, made when a record first needs it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from tests.sessions import new_connection
from wingtel.subscriptions.models import Subscription
from wingtel.usage import partitions
from wingtel.usage.business_days import set_time_zone
from wingtel.usage.models import DataUsageRecord, VoiceUsageRecord
from wingtel.usage.partitions import Partition

pytestmark = pytest.mark.django_db


@pytest.fixture
def subscription() -> Subscription:
    return Subscription.objects.create(carrier="att")


def test_all_raw_tables_get_a_partition_once() -> None:
    day = date(2026, 3, 1)
    made = [
        Partition("wingtel_data_usage_record", "wingtel_data_usage_record_20260301"),
        Partition("wingtel_sms_usage_record", "wingtel_sms_usage_record_20260301"),
        Partition("wingtel_voice_usage_record", "wingtel_voice_usage_record_20260301"),
    ]
    assert partitions.ensure([day]) == made
    assert partitions.ensure([day]) == []
    assert partitions.existing() == made


def test_a_new_record_makes_the_partition_of_its_business_day(subscription: Subscription) -> None:
    set_time_zone("Europe/Berlin")
    timestamp = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)  # half past midnight in Berlin, on the 23-hour day
    DataUsageRecord.objects.create(
        subscription=subscription, usage_date=timestamp, kilobytes_used=2**40, price=Decimal("0.0001")
    )
    VoiceUsageRecord.objects.bulk_create(
        [VoiceUsageRecord(subscription=subscription, usage_date=timestamp, seconds_used=60, price=Decimal(1))]
    )
    assert [partition.table for partition in partitions.existing()] == [
        "wingtel_data_usage_record_20260329",
        "wingtel_sms_usage_record_20260329",
        "wingtel_voice_usage_record_20260329",
    ]


def test_the_same_reference_timestamp_and_subscription_is_refused(subscription: Subscription) -> None:
    record = {
        "record_id": "att-1",
        "subscription": subscription,
        "usage_date": datetime(2026, 3, 1, tzinfo=UTC),
        "kilobytes_used": 1,
        "price": Decimal(1),
    }
    DataUsageRecord.objects.create(**record)
    with pytest.raises(IntegrityError), transaction.atomic():
        DataUsageRecord.objects.create(**record)


def test_there_is_no_default_partition_that_fills_silently(subscription: Subscription) -> None:
    with pytest.raises(IntegrityError, match="no partition"), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO wingtel_data_usage_record VALUES ('x', '1999-01-01 12:00Z', %s, 1, 1)", [subscription.id]
        )


@pytest.mark.django_db(transaction=True)
def test_two_sessions_that_need_the_same_partition_at_once_make_it_once() -> None:
    # Partitions outlive a test that commits, so this day is used by no other.
    ensure = "SELECT usage_ensure_partition('wingtel_data_usage_record', '2001-09-09')"
    with new_connection() as first, new_connection() as second, new_connection() as monitor:
        monitor.autocommit = True
        assert first.execute(ensure).fetchone() == ("wingtel_data_usage_record_20010909",)
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(lambda: second.execute(ensure).fetchone())
            while monitor.execute(
                "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid = %s", [second.info.backend_pid]
            ).fetchone() != (1,):
                assert not waiting.done()
            first.commit()
            assert waiting.result() == (None,)


@pytest.mark.parametrize(
    ("table", "quantity"),
    [("wingtel_data_usage_record", "kilobytes_used"), ("wingtel_voice_usage_record", "seconds_used")],
)
def test_a_quantity_out_of_range_is_refused_by_the_database(
    subscription: Subscription, table: str, quantity: str
) -> None:
    partitions.ensure([date(2026, 3, 1)])

    def insert(target: str, amount: int) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {target} (record_id, usage_date, subscription_id, price, {quantity})"
                " VALUES (%s, '2026-03-01 12:00+00', %s, 1, %s)",
                [f"{target} {amount}", subscription.pk, amount],
            )

    for target in (table, f"{table}_20260301"):
        for amount in (10**15, -(10**15)):
            insert(target, amount)
            with pytest.raises(IntegrityError, match=f"{table.removeprefix('wingtel_')}_quantity"):
                insert(target, amount + (1 if amount > 0 else -1))
