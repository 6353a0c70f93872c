"""Identifiers are assigned, moved and ended at random. Each record belongs to the holder of that hour, or to none."""

import random
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection

from tests.conformance.oracle import differences
from tests.rounds import rounds
from wingtel.aggregates.strategies import Strategy
from wingtel.ingest.batch import IngestOptions, Lookup
from wingtel.ingest.inputs import UsageRecordInput
from wingtel.ingest.service import ingest_usage
from wingtel.subscriptions import assignments
from wingtel.subscriptions.assignments import AssignmentError
from wingtel.subscriptions.identifiers import Kind
from wingtel.subscriptions.models import Subscription, SubscriptionIdentifier
from wingtel.usage.models import UsageType

START = datetime(2026, 3, 1, tzinfo=UTC)
HOURS = 96
NUMBERS = [f"+1202555010{number}" for number in range(4)]


class Holders:
    """The holder of each number in each hour, tracked by hand; None if there is none."""

    def __init__(self, subscriptions: list[int], seed: int) -> None:
        self.random = random.Random(seed)
        self.subscriptions = subscriptions
        self.of: dict[str, list[int | None]] = {number: [None] * HOURS for number in NUMBERS}

    def act(self) -> None:
        """Assign, move or end an identifier, by the service and by hand. If both reject it, nothing happens."""
        rows = list(SubscriptionIdentifier.objects.order_by("pk"))
        action = self.random.choice([self.assign, self.move, self.end] if rows else [self.assign])
        with suppress(AssignmentError):
            action(rows)

    def assign(self, _: list[SubscriptionIdentifier]) -> None:
        number, subscription = self.random.choice(NUMBERS), self.random.choice(self.subscriptions)
        begins, ends = sorted(self.random.sample(range(HOURS + 1), 2))
        is_free = set(self.of[number][begins:ends]) <= {None, subscription}
        try:
            assignments.assign_identifier(
                subscription, Kind.MSISDN, number, valid_from=at(begins), valid_to=None if ends == HOURS else at(ends)
            )
        except AssignmentError:
            assert not is_free
            raise
        assert is_free
        self.of[number][begins:ends] = [subscription] * (ends - begins)

    def move(self, rows: list[SubscriptionIdentifier]) -> None:
        row, to, hour = self.random.choice(rows), self.random.choice(self.subscriptions), self.random.randrange(HOURS)
        assignments.move_identifier(row.pk, to=to, at=at(hour))
        self.give(row, hour, to)

    def end(self, rows: list[SubscriptionIdentifier]) -> None:
        row, hour = self.random.choice(rows), self.random.randrange(HOURS)
        assignments.end_identifier(row.pk, at=at(hour))
        self.give(row, hour, None)

    def give(self, row: SubscriptionIdentifier, hour: int, to: int | None) -> None:
        begins = max(hour, hour_of(row.valid_from) if row.valid_from else 0)
        ends = hour_of(row.valid_to) if row.valid_to else HOURS
        self.of[row.value][begins:ends] = [to] * (ends - begins)


def at(hour: int) -> datetime:
    return START + timedelta(hours=hour)


def hour_of(timestamp: datetime) -> int:
    return int((timestamp - START) / timedelta(hours=1))


def record(number: str, hour: int, minute: int, reference: str) -> UsageRecordInput:
    written = number if minute % 2 else f"({number[2:5]}) {number[5:8]}-{number[8:]}"
    return UsageRecordInput(
        UsageType.DATA, at(hour) + timedelta(minutes=minute), written, 1, Decimal("0.01"), reference
    )


@pytest.mark.parametrize("seed", range(rounds(1, thorough=10)))
def test_each_record_is_its_holder_s_of_its_timestamp(strategy: Strategy, seed: int) -> None:
    holders = Holders([Subscription.objects.create(carrier="att").pk for _ in range(3)], seed)
    expected: Counter[int] = Counter()
    sent = rejected = 0
    for step in range(30):
        holders.act()
        batch, owners = [], []
        for _ in range(1 if step % 2 else 30):
            number, hour = holders.random.choice(NUMBERS), holders.random.randrange(HOURS)
            batch.append(record(number, hour, holders.random.randrange(60), f"{step}-{len(batch)}"))
            owners.append(holders.of[number][hour])
        result = ingest_usage(batch, IngestOptions(lookup=Lookup.PHONE_NUMBER))
        assert [rejection.position for rejection in result.rejected] == [
            position for position, owner in enumerate(owners) if owner is None
        ]
        expected.update(owner for owner in owners if owner is not None)
        sent, rejected = sent + len(batch), rejected + len(result.rejected)
    assert 0 < rejected < sent
    with connection.cursor() as cursor:
        cursor.execute("SELECT subscription_id, sum(used), sum(records) FROM usage_daily GROUP BY 1")
        assert {one: (used, count) for one, used, count in cursor.fetchall()} == {
            one: (count, count) for one, count in expected.items()
        }
    assert differences() == []
