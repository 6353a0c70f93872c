"""What the tests of strategies share: the ways of writing that one counts, and a session that looks on."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.sessions import new_connection
from wingtel.aggregates.strategies import Strategy

EMPTY = "TRUNCATE data_usage_record, voice_usage_record, daily_usage, monthly_usage, total_usage, usage_delta"


def ways(strategy: Strategy) -> list[str]:
    """The ways of writing that the strategy counts."""
    return ["recorded", *["models"] * strategy.counts_models, *["sql"] * strategy.counts_sql]


@pytest.fixture
def watching() -> Iterator[psycopg.Connection[Any]]:
    with new_connection() as session:
        session.autocommit = True
        yield session
