"""Two sessions, one of which writes, in every order of their steps: the views equal the oracle at the end.

A step that has to wait for the other session is left waiting, and the other goes on.
"""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from tests.capabilities import under_strategies
from tests.conformance.at_once import Session, Step, Steps, orders, walk
from tests.conformance.conftest import ways
from tests.conformance.oracle import differences
from tests.conformance.writing import CHANGE, DELETE, MODELS, WRITE, Row
from tests.rounds import IS_THOROUGH
from wingtel.aggregates import strategies
from wingtel.aggregates.rebuild import rebuild_day
from wingtel.aggregates.strategies import Strategy
from wingtel.subscriptions.models import Subscription
from wingtel.usage import partitions
from wingtel.usage.models import DataUsageRecord

DAY = date(2026, 3, 31)
NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)


@pytest.fixture
def subscription_ids(strategy: Strategy) -> list[int]:
    partitions.ensure([DAY])
    return [Subscription.objects.create(carrier="att").pk for _ in range(3)]


def rows(prefix: str, subscription_ids: list[int]) -> list[Row]:
    return [
        (f"{prefix}-{n}", NOON, subscription_id, Decimal(n + 1), 7)
        for n, subscription_id in enumerate(subscription_ids)
    ]


def writes(way: str, prefix: str, subscription_ids: list[int]) -> Steps:
    """Return the steps begin, write, commit."""
    made = rows(prefix, subscription_ids)
    return lambda session: [lambda: (session.begin(), WRITE[way](DataUsageRecord, made)), session.commit]


@pytest.mark.parametrize("order", orders(2, 2), ids=str)
def test_two_writers(
    strategy: Strategy, subscription_ids: list[int], monitor: psycopg.Connection[Any], order: tuple[int, ...]
) -> None:
    for way in ways(strategy):
        # Keys in opposite orders, some of them new.
        WRITE[way](DataUsageRecord, rows(f"{way}-before", subscription_ids[:1]))
        walk(
            monitor,
            writes(way, f"{way}-first", subscription_ids),
            writes(way, f"{way}-second", subscription_ids[::-1]),
            order,
        )
        assert differences() == []


@pytest.mark.parametrize("order", orders(2, 2), ids=str)
def test_a_writer_and_one_that_changes_and_deletes(
    strategy: Strategy, subscription_ids: list[int], monitor: psycopg.Connection[Any], order: tuple[int, ...]
) -> None:
    for way in ways(strategy):
        if way not in CHANGE:
            continue
        WRITE[way](DataUsageRecord, rows(f"{way}-old", subscription_ids))

        def changes(session: Session, way: str = way) -> list[Step]:
            def change() -> None:
                session.begin()
                CHANGE[way](DataUsageRecord, f"{way}-old")
                DELETE[way](DataUsageRecord, f"{way}-old-1")

            return [change, session.commit]

        walk(monitor, writes(way, f"{way}-new", subscription_ids), changes, order)
        assert differences() == []


@pytest.mark.parametrize("order", orders(2, 2), ids=str)
def test_two_that_change_and_delete_the_same_records(
    strategy: Strategy, subscription_ids: list[int], monitor: psycopg.Connection[Any], order: tuple[int, ...]
) -> None:
    for way in ways(strategy):
        if way not in CHANGE:
            continue
        WRITE[way](DataUsageRecord, rows(f"{way}-old", subscription_ids))

        def change(session: Session, way: str = way) -> list[Step]:
            return [lambda: (session.begin(), CHANGE[way](DataUsageRecord, f"{way}-old")), session.commit]

        def delete(session: Session, way: str = way) -> list[Step]:
            return [lambda: (session.begin(), DELETE[way](DataUsageRecord, f"{way}-old-1")), session.commit]

        walk(monitor, change, delete, order)
        assert differences() == []


@under_strategies("has_deltas")
@pytest.mark.parametrize("order", orders(2, 2), ids=str)
def test_a_writer_and_a_merge(
    strategy: Strategy, subscription_ids: list[int], monitor: psycopg.Connection[Any], order: tuple[int, ...]
) -> None:
    WRITE["sql"](DataUsageRecord, rows("before", subscription_ids))

    def merges(session: Session) -> list[Step]:
        return [lambda: (session.begin(), strategy.merge()), session.commit]

    walk(monitor, writes("sql", "new", subscription_ids), merges, order)
    assert differences() == []


@under_strategies("has_deltas")
@pytest.mark.parametrize("order", orders(2, 2), ids=str)
def test_two_merges(
    strategy: Strategy, subscription_ids: list[int], monitor: psycopg.Connection[Any], order: tuple[int, ...]
) -> None:
    WRITE["sql"](DataUsageRecord, rows("before", subscription_ids))

    def merges(session: Session) -> list[Step]:
        return [lambda: (session.begin(), strategy.merge()), session.commit]

    walk(monitor, merges, merges, order)
    assert strategy.backlog().records == 0
    assert differences() == []


@pytest.mark.parametrize("order", orders(2, 2), ids=str)
def test_a_writer_and_a_rebuild(
    strategy: Strategy, subscription_ids: list[int], monitor: psycopg.Connection[Any], order: tuple[int, ...]
) -> None:
    for way in ways(strategy):
        WRITE[way](DataUsageRecord, rows(f"{way}-before", subscription_ids[:2]))

        def rebuilds(session: Session) -> list[Step]:
            return [lambda: (session.begin(), rebuild_day(DAY)), session.commit]

        walk(monitor, writes(way, f"{way}-new", subscription_ids), rebuilds, order)
        assert differences() == []


@pytest.mark.parametrize("name", strategies.NAMES)
@pytest.mark.parametrize("order", orders(2, 1) if IS_THOROUGH else [(0, 2)], ids=str)
def test_a_writer_and_a_switch(
    strategy: Strategy,
    subscription_ids: list[int],
    monitor: psycopg.Connection[Any],
    order: tuple[int, ...],
    name: str,
) -> None:
    other = strategies.named(name)
    for way in set(ways(strategy)) & set(ways(other)):
        strategies.use(strategy.name)
        WRITE[way](DataUsageRecord, rows(f"{way}-before", subscription_ids[:2]))
        walk(
            monitor,
            writes(way, f"{way}-new", subscription_ids),
            lambda session: [lambda: strategies.use(name)],
            order,
        )
        assert differences() == []
        for model in MODELS:
            WRITE[way](model, rows(f"{way}-after", subscription_ids))
        assert differences() == []
