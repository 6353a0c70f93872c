"""Every strategy in turn; cases that a strategy declares it cannot do are left out by its capabilities."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.sessions import new_connection
from wingtel.aggregates import strategies
from wingtel.aggregates.strategies import Strategy

EMPTY = "TRUNCATE data_usage_record, voice_usage_record, daily_usage, monthly_usage, total_usage, usage_delta"


@pytest.fixture(params=strategies.NAMES)
def strategy(request: pytest.FixtureRequest, transactional_db: None) -> Iterator[Strategy]:
    """The active strategy, on empty tables."""
    strategies.use(request.param)
    yield strategies.named(request.param)
    strategies.use("triggers")


def ways(strategy: Strategy) -> list[str]:
    """The ways of writing that the strategy counts."""
    return ["recorded", *["models"] * strategy.counts_models, *["sql"] * strategy.counts_sql]


@pytest.fixture
def watching() -> Iterator[psycopg.Connection[Any]]:
    with new_connection() as session:
        session.autocommit = True
        yield session
