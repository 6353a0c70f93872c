"""Many records in one call: they are stored by COPY, and compared first if there are duplicates."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import psycopg
import pytest
from django.db import OperationalError, connection, connections, transaction

from tests.conformance.oracle import differences
from tests.ingest.expected import expected
from tests.sessions import new_connection
from wingtel.aggregates.strategies import Strategy
from wingtel.ingest.batch import IngestOptions, Lookup
from wingtel.ingest.inputs import UsageRecordInput
from wingtel.ingest.outcomes import IngestResult, Rejection
from wingtel.ingest.service import ingest_usage
from wingtel.subscriptions.models import Subscription
from wingtel.usage.models import DataUsageRecord, UsageType, VoiceUsageRecord

pytestmark = pytest.mark.django_db(transaction=True)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def record(
    number: int, subscription: int | str = 1, kind: UsageType = UsageType.DATA, **changes: object
) -> UsageRecordInput:
    made = UsageRecordInput(kind, NOON, subscription, number, Decimal(number) / 10_000, f"r{number:06}")
    return made._replace(**changes)  # type: ignore[arg-type]


@pytest.fixture
def subscriptions() -> list[int]:
    return [Subscription.objects.create(carrier="att", phone_number=f"+1202555000{number}").pk for number in range(3)]


def test_data_and_voice_in_any_order_are_stored_and_counted(strategy: Strategy, subscriptions: list[int]) -> None:
    records = [
        record(number, subscriptions[number % 3], UsageType.VOICE if number % 2 else UsageType.DATA)._replace(
            usage_date=NOON + timedelta(hours=number % 48)
        )
        for number in range(500, 0, -1)
    ]
    assert ingest_usage(records) == expected(accepted=500)
    assert DataUsageRecord.objects.count() == VoiceUsageRecord.objects.count() == 250
    assert differences() == []


def test_what_was_recorded_is_a_duplicate_in_any_mixture(strategy: Strategy, subscriptions: list[int]) -> None:
    ingest_usage([record(number, subscriptions[0]) for number in range(50)])
    mixed = [record(number, subscriptions[0]) for number in (7, 100, 49, 101, 100)]
    assert ingest_usage(mixed) == expected(accepted=2, duplicates=[0, 2, 4])
    assert ingest_usage(mixed) == expected(duplicates=[0, 1, 2, 3, 4])
    assert ingest_usage([record(102, subscriptions[0]), record(103, subscriptions[0])]) == expected(accepted=2)
    assert differences() == []


def test_the_unknown_are_rejected_and_the_others_stored(subscriptions: list[int]) -> None:
    records = [
        record(1, "+12025550001"),
        record(2, "+12025550009"),
        record(3, "202-555-0002", UsageType.VOICE),
        record(4, "+12025550009"),
    ]
    assert ingest_usage(records, IngestOptions(lookup=Lookup.PHONE_NUMBER)) == expected(
        accepted=2, rejected=[Rejection(at, "identifier", "unknown phone number +12025550009") for at in (1, 3)]
    )
    records = [record(5, 0), record(6, str(subscriptions[0])), record(7, f"0{subscriptions[0]}")]
    assert ingest_usage(records) == expected(
        accepted=2, rejected=[Rejection(0, "identifier", "unknown subscription id 0")]
    )


def test_nothing_but_unknown_is_no_error(strategy: Strategy) -> None:
    assert len(ingest_usage([record(1, 0), record(2, 0)]).rejected) == 2


def test_texts_and_timestamps_come_through_as_they_were_given(subscriptions: list[int]) -> None:
    ids = ["\\", "\\.", "\\N", "tab\t", "line\nline\r", "{\"'},", "é\u2028", " "]
    odd = timezone(timedelta(hours=-5, seconds=-7))
    given = [
        record(1, subscriptions[0], record_id=name, usage_date=NOON.replace(microsecond=at, tzinfo=odd))
        for at, name in enumerate(ids)
    ]
    assert ingest_usage(given) == expected(accepted=len(ids))
    stored = DataUsageRecord.objects.values_list("record_id", "usage_date")
    assert set(stored) == {(each.record_id, each.usage_date) for each in given}


def test_in_a_transaction_duplicates_undo_nothing_else(subscriptions: list[int]) -> None:
    with transaction.atomic():
        ingest_usage([record(1, subscriptions[0]), record(2, subscriptions[0])])
        assert ingest_usage([record(2, subscriptions[0]), record(3, subscriptions[0])]) == expected(1, duplicates=[0])
    assert DataUsageRecord.objects.count() == 3


def in_another_thread(thread: ThreadPoolExecutor, records: Sequence[UsageRecordInput]) -> Future[IngestResult]:
    def run() -> IngestResult:
        try:
            return ingest_usage(records)
        finally:
            connections.close_all()

    return thread.submit(run)


@pytest.mark.parametrize("committed", [True, False], ids=["commits", "rolls back"])
def test_a_session_that_stores_the_same_as_another_waits_for_it(
    strategy: Strategy, subscriptions: list[int], committed: bool
) -> None:
    ingest_usage([record(number, subscriptions[0]) for number in (90, 91)])  # creates the partition
    given = [record(number, subscriptions[number % 3]) for number in range(20)]
    with ThreadPoolExecutor(1) as thread, new_connection() as monitor:
        monitor.autocommit = True
        with transaction.atomic():
            ingest_usage(given[:10])
            waiting = in_another_thread(thread, given)
            while not blocked(monitor):
                assert not waiting.done()
            if not committed:
                transaction.set_rollback(True)
        result = expected(10, duplicates=range(10)) if committed else expected(20)
        assert waiting.result(timeout=60) == result
    assert differences() == []


def blocked(monitor: psycopg.Connection[tuple[object, ...]]) -> bool:
    return monitor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone() != (0,)


def test_a_lock_that_is_not_given_is_told(subscriptions: list[int]) -> None:
    with new_connection() as other, transaction.atomic(), connection.cursor() as cursor:
        other.execute("LOCK TABLE wingtel_data_usage_record IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute("SET LOCAL lock_timeout = '10ms'")
        with pytest.raises(OperationalError, match="lock timeout"):
            ingest_usage([record(1, subscriptions[0]), record(2, subscriptions[0])])
    assert DataUsageRecord.objects.count() == 0
