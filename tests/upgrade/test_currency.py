"""The currency is that of the setting when a database is first migrated."""

from io import StringIO
from typing import Any

from django.core.management import call_command
from django.db import connection

from tests.command import run
from tests.upgrade.conftest import use_database
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
