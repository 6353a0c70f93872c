"""A separate database for tests of upgrades."""

from collections.abc import Iterator

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection

from tests.sessions import new_connection
from wingtel.usage.currency import currency


@pytest.fixture
def empty_database(transactional_db: None) -> Iterator[None]:
    """Use an empty database instead of that of the tests."""
    tested = connection.settings_dict["NAME"]
    with new_connection() as session:
        session.autocommit = True
        session.execute(f'CREATE DATABASE "{tested}_old"')
        use_database(f"{tested}_old")
        try:
            yield
        finally:
            use_database(tested)
            session.execute(f'DROP DATABASE "{tested}_old" WITH (FORCE)')


def use_database(name: str) -> None:
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined] # only of Django's PostgreSQL wrapper
    connection.settings_dict["NAME"] = name
    currency.cache_clear()
    ContentType.objects.clear_cache()
