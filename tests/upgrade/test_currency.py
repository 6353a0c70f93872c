"""The currency is that of the setting when a database is first migrated, or is upgraded."""

from io import StringIO
from typing import Any

from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tests.command import run
from tests.upgrade.conftest import use_database
from wingtel.aggregates import strategies
from wingtel.usage.currency import currency


def test_the_first_migration_takes_the_setting(empty_database: None, settings: Any) -> None:
    settings.WINGTEL_CURRENCY = "EUR"
    call_command("migrate", verbosity=0)
    assert currency() == "EUR"
    run("check")

    settings.WINGTEL_CURRENCY = "CHF"
    call_command("migrate", verbosity=0, stderr=StringIO())
    use_database(str(connection.settings_dict["NAME"]))  # like a process that starts then
    assert currency() == "EUR"


def test_an_upgraded_database_gets_the_setting(empty_database: None, settings: Any) -> None:
    executor = MigrationExecutor(connection)
    others = (leaf for leaf in executor.loader.graph.leaf_nodes() if leaf[0] != "usage")
    executor.migrate([("usage", "0007_price_default"), *others])
    settings.WINGTEL_CURRENCY = "EUR"
    call_command("migrate", verbosity=0)
    assert currency() == "EUR"
    assert (strategies.outdated(), strategies.problems()) == (False, [])
