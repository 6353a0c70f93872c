"""A database of its own for what is brought up to date."""

from collections.abc import Iterator

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection

from tests.sessions import new_connection
from wingtel.usage.currency import currency


@pytest.fixture
def empty_database(transactional_db: None) -> Iterator[None]:
    """Another database than that of the tests, with nothing in it."""
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
    connection.close_pool()  # type: ignore[attr-defined] # of Django's PostgreSQL wrapper alone
    connection.settings_dict["NAME"] = name
    currency.cache_clear()
    ContentType.objects.clear_cache()
