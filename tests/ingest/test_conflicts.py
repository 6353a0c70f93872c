"""Conflicts: a record whose key is stored with another amount is not counted, but stored with both amounts."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connections, transaction

from tests.conformance.oracle import differences
from tests.ingest.expected import expected
from wingtel.aggregates.strategies import Strategy
from wingtel.ingest.batch import IngestOptions, OnDuplicate
from wingtel.ingest.inputs import UsageRecordInput
from wingtel.ingest.models import UsageConflict
from wingtel.ingest.outcomes import Conflict, IngestResult, Rejection
from wingtel.ingest.service import ingest_usage
from wingtel.subscriptions.models import Subscription
from wingtel.usage.models import DataUsageRecord, UsageType, VoiceUsageRecord

pytestmark = pytest.mark.django_db(transaction=True)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
REPLACING, REJECTING = IngestOptions(on_duplicate=OnDuplicate.REPLACE), IngestOptions(on_duplicate=OnDuplicate.REJECT)


@pytest.fixture
def subscription() -> int:
    return Subscription.objects.create(carrier="att").pk


def data(of: int, record_id: str, quantity: int, price: str = "0.5", *, days: int = 0) -> UsageRecordInput:
    return UsageRecordInput(UsageType.DATA, NOON + timedelta(days=days), of, quantity, Decimal(price), record_id)


def kept() -> list[tuple[str, int, Decimal, int, Decimal]]:
    columns = ("record_id", "stored_quantity", "stored_price", "quantity", "price")
    return list(UsageConflict.objects.order_by("pk").values_list(*columns))


@pytest.mark.parametrize("company", [0, 1, 600], ids=["alone", "with another", "with many"])
def test_the_stored_amount_stays_and_both_are_kept(strategy: Strategy, subscription: int, company: int) -> None:
    others = [data(subscription, f"o{number}", 1, days=number % 3) for number in range(company)]
    ingest_usage([data(subscription, "r", 7)])
    changed = [data(subscription, "r", 8), *others]
    assert ingest_usage(changed) == expected(company, conflicts=[Conflict(0, 7, Decimal("0.5"))])
    assert kept() == [("r", 7, Decimal("0.5"), 8, Decimal("0.5"))]
    assert DataUsageRecord.objects.get(record_id="r").kilobytes_used == 7
    assert differences() == []


def test_another_price_alone_is_a_conflict(subscription: int) -> None:
    ingest_usage([data(subscription, "r", 7)])
    assert ingest_usage([data(subscription, "r", 7, "0.6")]).conflicts == (Conflict(0, 7, Decimal("0.5")),)
    assert ingest_usage([data(subscription, "r", 7, "0.5000")]) == expected(duplicates=[0])


def test_a_conflict_that_comes_again_is_told_again_and_kept_once(subscription: int) -> None:
    ingest_usage([data(subscription, "r", 7)])
    results = [ingest_usage([data(subscription, "r", 8), data(subscription, "r", 8)]) for _ in range(2)]
    conflicts = [Conflict(position, 7, Decimal("0.5")) for position in (0, 1)]
    assert results == [expected(conflicts=conflicts)] * 2
    ingest_usage([data(subscription, "r", 9)])
    assert [quantity for *_, quantity, _ in kept()] == [8, 9]


def test_within_a_batch_the_first_is_stored(strategy: Strategy, subscription: int) -> None:
    batch = [data(subscription, "r", quantity) for quantity in (7, 8, 7)]
    assert ingest_usage(batch) == expected(1, [2], [Conflict(1, 7, Decimal("0.5"))])
    assert differences() == []


def test_data_and_voice_with_one_reference_are_two_records(subscription: int) -> None:
    ingest_usage([data(subscription, "r", 7)])
    voice = data(subscription, "r", 9)._replace(usage_type=UsageType.VOICE)
    assert ingest_usage([voice, data(subscription, "r", 7)]) == expected(1, [1])
    assert VoiceUsageRecord.objects.get().seconds_used == 9


def test_replaced_amounts_are_counted(strategy: Strategy, subscription: int) -> None:
    ingest_usage([data(subscription, f"r{number}", 7) for number in range(4)])
    changed = [
        data(subscription, "r0", 7),
        data(subscription, "r1", 8),
        data(subscription, "r2", 9),
        data(subscription, "r2", 10),
    ]
    assert ingest_usage(changed, REPLACING) == expected(2, [0, 2])
    stored = DataUsageRecord.objects.order_by("record_id").values_list("kilobytes_used", flat=True)
    assert list(stored) == [7, 8, 10, 7]
    assert differences() == []
    assert kept() == []


def test_what_is_stored_can_be_rejected(subscription: int) -> None:
    ingest_usage([data(subscription, "r", 7)])
    again = [data(subscription, "r", 7), data(subscription, "r", 8), data(subscription, "s", 1)]
    rejections = [Rejection(position, "record_id", "stored already") for position in (0, 1)]
    assert ingest_usage(again, REJECTING) == expected(1, rejected=rejections)


def test_a_session_that_waited_for_another_compares_with_what_it_committed(
    strategy: Strategy, subscription: int
) -> None:
    ingest_usage([data(subscription, "before", 1)])  # creates the partition

    def ingest_in_a_thread() -> IngestResult:
        try:
            return ingest_usage([data(subscription, "r", 8), data(subscription, "s", 1)])
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            ingest_usage([data(subscription, "r", 7)])
            waiting = pool.submit(ingest_in_a_thread)
        result = waiting.result(timeout=60)
    assert result == expected(1, conflicts=[Conflict(0, 7, Decimal("0.5"))])
    assert differences() == []
