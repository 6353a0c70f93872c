"""Settings of the tools, and fixtures of all tests."""

import shutil
from collections.abc import Iterator

import pytest
import redis
from django.db import connection
from django.test import Client
from hypothesis import settings

from tests.callers import client_of
from tests.emptying import DEFAULT, instead_of_flushing, leave_to
from tests.leftovers import new_folder
from tests.rounds import IS_THOROUGH
from wingtel.access.scopes import Scope
from wingtel.aggregates import strategies
from wingtel.aggregates.strategies import Strategy
from wingtel.embedded import EmbeddedValkey
from wingtel.usage.currency import currency

# Machines are noisy, so the duration of an example is no reason to fail.
settings.register_profile("wingtel", deadline=None, max_examples=50)
settings.register_profile("thorough", deadline=None, max_examples=1000)
settings.load_profile("thorough" if IS_THOROUGH else "wingtel")

instead_of_flushing()

REJECTED_QUANTITY = 13


SLOW = {"faults", "background", "commands", "embedded", "test_schema_is_true", "test_state_machine"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put slow tests first, so that none runs alone at the end; then sort by strategy.

    The sort is stable: tests that roll back stay before those that commit, in the order of pytest-django.
    """
    ranks = {name: rank for rank, name in enumerate(strategies.NAMES)}
    items.sort(key=lambda item: (SLOW.isdisjoint([*item.path.parts, item.path.stem]), ranks[_strategy_of(item)]))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> None:
    """Set the strategy of the next test for the database."""
    leave_to(_strategy_of(nextitem))


def _strategy_of(item: pytest.Item | None) -> str:
    """Return the strategy that a test begins with: that of its parameter, or the default."""
    callspec = getattr(item, "callspec", None)
    return str(callspec.params.get("strategy", DEFAULT)) if callspec else DEFAULT


@pytest.fixture(params=strategies.NAMES)
def strategy(request: pytest.FixtureRequest, transactional_db: None) -> Strategy:
    """Return the active strategy, each in turn, on empty tables."""
    requested = strategies.named(request.param)
    if strategies.active() is not requested:  # another one was active in the test before
        strategies.use(request.param)
    return requested


@pytest.fixture
def client(db: None) -> Client:
    """Return a client with a key that may do everything, in place of pytest-django's client."""
    return client_of(Scope.ADMIN)


@pytest.fixture
def nobody() -> Client:
    """Return a client without a key."""
    return Client()


@pytest.fixture
def euros(db: None) -> Iterator[None]:
    """Set the currency of the installation to the euro."""
    _set_currency("EUR")
    yield
    _set_currency("USD")


def _set_currency(code: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE OR REPLACE FUNCTION usage_currency() RETURNS text"
            " LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $f$ SELECT %s::text $f$",
            [code],
        )
    currency.cache_clear()


@pytest.fixture
def refusing(db: None) -> Iterator[None]:
    """Let the database reject records of REJECTED_QUANTITY kilobytes, as a constraint of an operator might."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    RAISE EXCEPTION 'an unlucky number' USING ERRCODE = 'numeric_value_out_of_range';
                END $$;
                CREATE TRIGGER refuse BEFORE INSERT ON wingtel_data_usage_record
                    FOR EACH ROW WHEN (NEW.kilobytes_used = {REJECTED_QUANTITY}) EXECUTE FUNCTION refuse()"""
        )
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION refuse() CASCADE")


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[EmbeddedValkey]:
    """Start one server for all tests of a process."""
    folder = new_folder("valkey-")
    with EmbeddedValkey(folder / "valkey") as server:
        yield server
    shutil.rmtree(folder)


@pytest.fixture
def valkey(valkey_server: EmbeddedValkey) -> EmbeddedValkey:
    """Return a running, empty Valkey. A test may stop or kill it."""
    valkey_server.start()
    with redis.Redis.from_url(valkey_server.url()) as session:
        session.flushall()
    return valkey_server
