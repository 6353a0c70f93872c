"""A single record: it goes by one statement, with the outcome that it has in a batch."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wingtel.ingest.batch import IngestOptions, Lookup, OnDuplicate
from wingtel.ingest.inputs import UsageRecordInput
from wingtel.ingest.outcomes import IngestResult
from wingtel.ingest.service import ingest_usage
from wingtel.subscriptions.models import Subscription
from wingtel.usage import partitions
from wingtel.usage.models import DataUsageRecord, SmsUsageRecord, UsageType, VoiceUsageRecord
from wingtel.usage.ranges import LARGEST_PRICE, LARGEST_QUANTITY

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PHONE = "+12025550100"


@pytest.fixture
def subscription() -> int:
    partitions.ensure([NOON.date()])
    return Subscription.objects.create(carrier="att", phone_number=PHONE).pk


def outcome(record: UsageRecordInput, options: IngestOptions, *, companions: int) -> tuple[object, int]:
    """Ingest a record after so many companions. Return its outcome and the number of stored records, and undo it."""
    others = [UsageRecordInput(UsageType.VOICE, NOON, "?", 0, Decimal(0))] * companions
    with transaction.atomic():
        result = ingest_usage([*others, record], options)
        count = DataUsageRecord.objects.count() + VoiceUsageRecord.objects.count() + SmsUsageRecord.objects.count()
        transaction.set_rollback(True)
    return result.outcomes[companions], count


FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "usage_type": st.sampled_from([UsageType.DATA, "voice", "sms", "mms"]),
    "usage_date": st.sampled_from(
        [NOON, NOON + timedelta(days=400), NOON.replace(tzinfo=None), datetime.max.replace(tzinfo=UTC)]
    ),
    "quantity": st.sampled_from([0, 7, -1, LARGEST_QUANTITY, LARGEST_QUANTITY + 1, 2**70, True]),
    "price": st.sampled_from(
        [Decimal(0), Decimal("0.12345678"), Decimal("1e-9"), LARGEST_PRICE, LARGEST_PRICE * 10, Decimal(-1), None]
    ),
    "record_id": st.sampled_from(["r", "stored", "", "r" * 100, "r" * 101, "a\0b", "\ud800"]),
    "carrier": st.sampled_from(["", "att", "sprint", "nobody"]),
}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    changes=st.fixed_dictionaries({}, optional=FIELDS),
    identifier=st.sampled_from(["id", "phone", "(202) 555-0100", "+12025550109", "7 ", "-1", "1" * 20, "\0"]),
    lookup=st.sampled_from([Lookup.ID, Lookup.PHONE_NUMBER]),
    carrier=st.sampled_from([None, "att", "sprint"]),
    on_duplicate=st.sampled_from(OnDuplicate),
)
def test_its_outcome_is_that_of_a_batch(
    subscription: int,
    changes: dict[str, Any],
    identifier: str,
    lookup: Lookup,
    carrier: str | None,
    on_duplicate: OnDuplicate,
) -> None:
    options = IngestOptions(lookup=lookup, carrier=carrier, on_duplicate=on_duplicate)
    identifier = {"id": str(subscription), "phone": PHONE}.get(identifier, identifier)
    stored = UsageRecordInput(UsageType.DATA, NOON, subscription, 10, Decimal("0.5"), "stored")
    ingest_usage([stored])
    record = stored._replace(**{"record_id": "r", "identifier": identifier} | changes)
    assert outcome(record, options, companions=0) == outcome(record, options, companions=1)


def test_it_is_stored_in_one_round_trip(subscription: int) -> None:
    record = UsageRecordInput(UsageType.DATA, NOON, subscription, 10, Decimal("0.5"), "r")
    ingest_usage([record])  # reads the carriers, which are remembered for a while
    with CaptureQueriesContext(connection) as queries:
        assert ingest_usage([record._replace(record_id="other")]) == IngestResult(accepted=1)
    # The statement itself goes through a cursor of psycopg, which is not captured.
    assert [query["sql"].split(" ")[0] for query in queries] == ["SAVEPOINT", "RELEASE"]
