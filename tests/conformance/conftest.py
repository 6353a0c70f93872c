"""Shared by the tests of strategies: the ways of writing that a strategy counts, and a session that watches locks."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.sessions import new_connection
from wingtel.aggregates.strategies import Strategy

EMPTY = (
    "TRUNCATE wingtel_data_usage_record, wingtel_voice_usage_record, wingtel_sms_usage_record, wingtel_daily_usage, "
    "wingtel_monthly_usage, wingtel_lifetime_usage, wingtel_usage_delta"
)


def ways(strategy: Strategy) -> list[str]:
    """Return the ways of writing that the strategy counts."""
    return ["recorded", *["models"] * strategy.counts_models, *["sql"] * strategy.counts_sql]


@pytest.fixture
def monitor() -> Iterator[psycopg.Connection[Any]]:
    with new_connection() as session:
        session.autocommit = True
        yield session
