"""What the tests of limits share: subscriptions, and every strategy in turn."""

from collections.abc import Iterator

import psycopg
import pytest
from django.db import connection

from tests.conformance.conftest import EMPTY
from tests.sessions import new_connection
from wingtel.aggregates import strategies
from wingtel.aggregates.strategies import Strategy


@pytest.fixture(params=strategies.NAMES)
def strategy(request: pytest.FixtureRequest, transactional_db: None) -> Iterator[Strategy]:
    """The active strategy, on empty tables."""
    with connection.cursor() as cursor:
        cursor.execute(EMPTY)
    strategies.use(request.param)
    yield strategies.named(request.param)
    strategies.use("triggers")


@pytest.fixture
def watching() -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A session that looks at what the others wait for."""
    with new_connection() as session:
        session.autocommit = True
        yield session
