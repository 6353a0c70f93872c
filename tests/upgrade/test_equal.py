"""A database of the first migrations, filled and brought up to date, is the same as one that is new."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tests.upgrade.conftest import use_database
from wingtel.aggregates import strategies
from wingtel.aggregates.models import DailyUsage
from wingtel.lifecycle.reconciling import reconcile
from wingtel.usage import partitions
from wingtel.usage.models import UsageDay

DAY = date(2026, 3, 10)
KINDS = {"table", "column", "index", "constraint", "function", "trigger", "rule"}
CATALOG = (Path(__file__).parent / "catalog.sql").read_text()
FIRST_ROWS = (Path(__file__).parent / "first_rows.sql").read_text()


def catalog() -> dict[str, str]:
    """Return the definition of each object of the schema, by its kind and name."""
    with connection.cursor() as cursor:
        cursor.execute(CATALOG)
        return dict(cursor.fetchall())


@pytest.fixture
def new(empty_database: None) -> dict[str, str]:
    """The schema of a new database, which is emptied again."""
    call_command("migrate", verbosity=0)
    partitions.ensure([DAY])
    found = catalog()
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    partitions.forget(DAY)
    use_database(str(connection.settings_dict["NAME"]))
    return found


def test_an_upgraded_database_is_as_a_new_one(new: dict[str, str]) -> None:
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.root_nodes())
    with connection.cursor() as cursor:
        cursor.execute(FIRST_ROWS)
    call_command("migrate", verbosity=0)

    upgraded = catalog()
    assert {name.partition(" ")[0] for name in new} == KINDS
    assert {name: (upgraded.get(name), text) for name, text in new.items() if upgraded.get(name) != text} == {}
    assert sorted(upgraded.keys() - new.keys()) == []
    assert (strategies.outdated(), strategies.problems()) == (False, [])
    assert list(UsageDay.objects.values_list("day", "state")) == [(DAY, "open")]
    assert reconcile().drift_keys == 0
    sums = DailyUsage.objects.values_list("subscription_id", "usage_type", "used", "price", "records")
    assert set(sums) == {(1, "data", 150, Decimal("0.75"), 2), (2, "data", 7, 1, 1), (2, "voice", 60, 3, 1)}
