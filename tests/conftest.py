"""Settings of the tools, and fixtures, that all tests share."""

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

# Machines are noisy: how long an example takes is no reason to fail.
settings.register_profile("wingtel", deadline=None, max_examples=50)
settings.register_profile("thorough", deadline=None, max_examples=1000)
settings.load_profile("thorough" if IS_THOROUGH else "wingtel")

instead_of_flushing()

UNTAKEABLE = 13


SLOW = {"faults", "background", "commands", "embedded", "test_schema_is_true", "test_state_machine"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, so that no process is left alone with it at the end; then go by strategies.

    The sort is stable: tests that roll back stay before those that commit, as pytest-django has put them.
    """
    places = {name: place for place, name in enumerate(strategies.NAMES)}
    items.sort(key=lambda item: (SLOW.isdisjoint([*item.path.parts, item.path.stem]), places[_strategy_of(item)]))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> None:
    """Leave the database under the strategy of the next test."""
    leave_to(_strategy_of(nextitem))


def _strategy_of(item: pytest.Item | None) -> str:
    """Return the strategy that a test begins with: its own of all, or the default."""
    callspec = getattr(item, "callspec", None)
    return str(callspec.params.get("strategy", DEFAULT)) if callspec else DEFAULT


@pytest.fixture(params=strategies.NAMES)
def strategy(request: pytest.FixtureRequest, transactional_db: None) -> Strategy:
    """The active strategy, each in turn, on empty tables."""
    wanted = strategies.named(request.param)
    if strategies.active() is not wanted:  # the test before it was under another
        strategies.use(request.param)
    return wanted


@pytest.fixture
def client(db: None) -> Client:
    """In the place of pytest-django's: a client with a key that may do everything."""
    return client_of(Scope.ADMIN)


@pytest.fixture
def nobody() -> Client:
    """A client without a key."""
    return Client()


@pytest.fixture
def euros(db: None) -> Iterator[None]:
    """An installation whose currency is the euro."""
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
    """The database takes no record of UNTAKEABLE kilobytes, as a constraint of the operator's own might have it."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    RAISE EXCEPTION 'an unlucky number' USING ERRCODE = 'numeric_value_out_of_range';
                END $$;
                CREATE TRIGGER refuse BEFORE INSERT ON data_usage_record
                    FOR EACH ROW WHEN (NEW.kilobytes_used = {UNTAKEABLE}) EXECUTE FUNCTION refuse()"""
        )
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION refuse() CASCADE")


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[EmbeddedValkey]:
    """One server for all tests of a process."""
    folder = new_folder("valkey-")
    with EmbeddedValkey(folder / "valkey") as server:
        yield server
    shutil.rmtree(folder)


@pytest.fixture
def valkey(valkey_server: EmbeddedValkey) -> EmbeddedValkey:
    """A Valkey that is empty and answers; a test may stop or kill it."""
    valkey_server.start()
    with redis.Redis.from_url(valkey_server.url()) as session:
        session.flushall()
    return valkey_server
