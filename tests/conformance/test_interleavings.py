"""Two sessions, one of which writes, in every order that their steps can take: the views equal the oracle at the end.

A step that has to wait for the other session is left waiting, and the other goes on.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import combinations
from typing import Any

import psycopg
import pytest
from django.db import connection, connections, transaction

from tests.conformance.conftest import ways
from tests.conformance.oracle import differences
from tests.conformance.writing import CHANGE, DELETE, MODELS, WRITE, Row
from tests.sessions import new_connection
from wingtel.aggregates import strategies
from wingtel.aggregates.populate import populate
from wingtel.aggregates.strategies import Strategy
from wingtel.subscriptions.models import Subscription
from wingtel.usage import partitions
from wingtel.usage.models import DataUsageRecord

DAY = date(2026, 3, 31)
NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)

Step = Callable[[], Any]


class Session:
    """A session of its own with a transaction, whose steps run one after another in a thread."""

    def __init__(self, watching: psycopg.Connection[Any]) -> None:
        self.watching = watching
        self.thread = ThreadPoolExecutor(1)
        self.steps: list[Future[Any]] = []
        self.transaction = ExitStack()
        self.pid = self.thread.submit(self._pid).result()

    def _pid(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            (pid,) = cursor.fetchone()
        return int(pid)

    def begin(self) -> None:
        self.transaction.enter_context(transaction.atomic())

    def commit(self) -> None:
        self.transaction.close()

    def take(self, step: Step) -> None:
        """Run a step, and return when it is done or has to wait for the other session."""
        self.steps.append(self.thread.submit(step))
        while not all(step.done() for step in self.steps):
            (waiting,) = self.watching.execute("SELECT cardinality(pg_blocking_pids(%s)) > 0", [self.pid]).fetchone()
            if waiting:
                return

    def finish(self) -> None:
        for step in self.steps:
            step.result(timeout=60)
        self.thread.submit(connections.close_all).result()
        self.thread.shutdown()


@pytest.fixture
def watching() -> Iterator[psycopg.Connection[Any]]:
    with new_connection() as session:
        session.autocommit = True
        yield session


@pytest.fixture
def subscription_ids(strategy: Strategy) -> list[int]:
    partitions.ensure([DAY])
    return [Subscription.objects.create(carrier="att").pk for _ in range(3)]


def rows(prefix: str, subscription_ids: list[int]) -> list[Row]:
    return [
        (f"{prefix}-{n}", NOON, subscription_id, Decimal(n + 1), 7)
        for n, subscription_id in enumerate(subscription_ids)
    ]


Steps = Callable[[Session], list[Step]]


def walk(watching: psycopg.Connection[Any], first: Steps, second: Steps, order: tuple[int, ...]) -> None:
    """Take the steps of two sessions in an order: the indexes of those that the first takes."""
    sessions = Session(watching), Session(watching)
    steps = [iter(first(sessions[0])), iter(second(sessions[1]))]
    count = len(first(sessions[0])) + len(second(sessions[1]))
    for index in range(count):
        which = 0 if index in order else 1
        sessions[which].take(next(steps[which]))
    for session in sessions:
        session.finish()


def orders(first: int, second: int) -> list[tuple[int, ...]]:
    """Every order of so many steps of two sessions, as the indexes of the first one's."""
    return list(combinations(range(first + second), first))


def writes(way: str, prefix: str, subscription_ids: list[int]) -> Steps:
    """Begin, write, commit."""
    made = rows(prefix, subscription_ids)
    return lambda session: [lambda: (session.begin(), WRITE[way](DataUsageRecord, made)), session.commit]


@pytest.mark.parametrize("order", orders(2, 2), ids=str)
def test_two_writers(
    strategy: Strategy, subscription_ids: list[int], watching: psycopg.Connection[Any], order: tuple[int, ...]
) -> None:
    for way in ways(strategy):
        # Keys in opposite orders, some of them new.
        WRITE[way](DataUsageRecord, rows(f"{way}-before", subscription_ids[:1]))
        walk(
            watching,
            writes(way, f"{way}-first", subscription_ids),
            writes(way, f"{way}-second", subscription_ids[::-1]),
            order,
        )
        assert differences() == []


@pytest.mark.parametrize("order", orders(2, 2), ids=str)
def test_a_writer_and_one_that_changes_and_deletes(
    strategy: Strategy, subscription_ids: list[int], watching: psycopg.Connection[Any], order: tuple[int, ...]
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

        walk(watching, writes(way, f"{way}-new", subscription_ids), changes, order)
        assert differences() == []


@pytest.mark.parametrize("order", orders(2, 2), ids=str)
def test_two_that_change_and_delete_the_same_records(
    strategy: Strategy, subscription_ids: list[int], watching: psycopg.Connection[Any], order: tuple[int, ...]
) -> None:
    for way in ways(strategy):
        if way not in CHANGE:
            continue
        WRITE[way](DataUsageRecord, rows(f"{way}-old", subscription_ids))

        def change(session: Session, way: str = way) -> list[Step]:
            return [lambda: (session.begin(), CHANGE[way](DataUsageRecord, f"{way}-old")), session.commit]

        def delete(session: Session, way: str = way) -> list[Step]:
            return [lambda: (session.begin(), DELETE[way](DataUsageRecord, f"{way}-old-1")), session.commit]

        walk(watching, change, delete, order)
        assert differences() == []


@pytest.mark.parametrize("order", orders(2, 2), ids=str)
def test_a_writer_and_a_fold(
    strategy: Strategy, subscription_ids: list[int], watching: psycopg.Connection[Any], order: tuple[int, ...]
) -> None:
    if not strategy.folds:
        pytest.skip(f"{strategy.name} puts nothing aside")
    WRITE["sql"](DataUsageRecord, rows("before", subscription_ids))

    def folds(session: Session) -> list[Step]:
        return [lambda: (session.begin(), strategy.fold()), session.commit]

    walk(watching, writes("sql", "new", subscription_ids), folds, order)
    assert differences() == []


@pytest.mark.parametrize("order", orders(2, 2), ids=str)
def test_two_folds(
    strategy: Strategy, subscription_ids: list[int], watching: psycopg.Connection[Any], order: tuple[int, ...]
) -> None:
    if not strategy.folds:
        pytest.skip(f"{strategy.name} puts nothing aside")
    WRITE["sql"](DataUsageRecord, rows("before", subscription_ids))

    def folds(session: Session) -> list[Step]:
        return [lambda: (session.begin(), strategy.fold()), session.commit]

    walk(watching, folds, folds, order)
    assert strategy.lag().deltas == 0
    assert differences() == []


@pytest.mark.parametrize("order", orders(2, 2), ids=str)
def test_a_writer_and_populate(
    strategy: Strategy, subscription_ids: list[int], watching: psycopg.Connection[Any], order: tuple[int, ...]
) -> None:
    for way in ways(strategy):
        WRITE[way](DataUsageRecord, rows(f"{way}-before", subscription_ids[:2]))

        def populates(session: Session) -> list[Step]:
            return [lambda: (session.begin(), populate(DAY, DAY)), session.commit]

        walk(watching, writes(way, f"{way}-new", subscription_ids), populates, order)
        assert differences() == []


@pytest.mark.parametrize("name", strategies.NAMES)
@pytest.mark.parametrize("order", orders(2, 1), ids=str)
def test_a_writer_and_a_switch(
    strategy: Strategy,
    subscription_ids: list[int],
    watching: psycopg.Connection[Any],
    order: tuple[int, ...],
    name: str,
) -> None:
    other = strategies.named(name)
    for way in set(ways(strategy)) & set(ways(other)):
        strategies.use(strategy.name)
        WRITE[way](DataUsageRecord, rows(f"{way}-before", subscription_ids[:2]))
        walk(
            watching,
            writes(way, f"{way}-new", subscription_ids),
            lambda session: [lambda: strategies.use(name)],
            order,
        )
        assert differences() == []
        for model in MODELS:
            WRITE[way](model, rows(f"{way}-after", subscription_ids))
        assert differences() == []
