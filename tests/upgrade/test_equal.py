"""A database of the first migrations that was filled and upgraded has the same schema as a new one."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tests.command import run
from tests.upgrade.conftest import use_database
from wingtel.aggregates import strategies
from wingtel.aggregates.models import DailyUsage
from wingtel.db import catalog
from wingtel.db.catalog import Catalog
from wingtel.lifecycle.reconciliation import reconcile
from wingtel.usage import partitions
from wingtel.usage.models import UsageDay

DAY = date(2026, 3, 10)
KINDS = {"table", "column", "index", "constraint", "function", "trigger", "rule"}
FIRST_ROWS = (Path(__file__).parent / "first_rows.sql").read_text()


@pytest.fixture
def new(empty_database: None) -> Catalog:
    """Return the schema of a new database, and empty it again."""
    call_command("migrate", verbosity=0)
    partitions.ensure([DAY])
    schema = catalog.read(connection, complete=True)
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    partitions.forget(DAY)
    use_database(str(connection.settings_dict["NAME"]))
    return schema


def test_an_upgraded_database_is_as_a_new_one(new: Catalog) -> None:
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.root_nodes())
    with connection.cursor() as cursor:
        cursor.execute(FIRST_ROWS)
    call_command("migrate", verbosity=0)

    upgraded = catalog.read(connection, complete=True)
    assert {each.kind for each in new} == KINDS
    assert {each: (upgraded.get(each), text) for each, text in new.items() if upgraded.get(each) != text} == {}
    assert sorted(upgraded.keys() - new.keys()) == []
    assert (strategies.outdated(), strategies.problems()) == (False, [])
    run("check")
    assert list(UsageDay.objects.values_list("day", "state")) == [(DAY, "open")]
    assert reconcile().drift_keys == 0
    sums = DailyUsage.objects.values_list("subscription_id", "usage_type", "used", "price", "records")
    assert set(sums) == {(1, "data", 150, Decimal("0.75"), 2), (2, "data", 7, 1, 1), (2, "voice", 60, 3, 1)}
