"""The currency of an installation is fixed when its database is first migrated."""

from typing import Any

import pytest
from django.db import connection

from tests.command import CommandFailed, run
from wingtel.aggregates import strategies
from wingtel.usage.business_days import set_time_zone
from wingtel.usage.currency import currency

pytestmark = pytest.mark.django_db


def currency_in_sql() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT usage_currency()")
        (found,) = cursor.fetchone()
    return str(found)


def check_errors() -> str:
    with pytest.raises(CommandFailed) as error:
        run("check")
    return str(error.value)


def test_python_and_sql_return_the_default() -> None:
    assert (currency(), currency_in_sql()) == ("USD", "USD")


def test_python_and_sql_return_another(euros: None) -> None:
    assert (currency(), currency_in_sql()) == ("EUR", "EUR")


def test_the_database_is_queried_once(euros: None, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        assert [currency(), currency(), currency()] == ["EUR", "EUR", "EUR"]


def test_the_currency_is_not_changed_by_the_setting_and_the_check_names_both(settings: Any) -> None:
    settings.WINGTEL_CURRENCY = "EUR"
    assert currency() == "USD"
    reported = check_errors()
    assert (
        "(wingtel.W004) WINGTEL_CURRENCY is EUR, but the database was first migrated with USD, which holds.\n"
        "\tHINT: Set WINGTEL_CURRENCY=USD. For another value, start with an empty database."
    ) in reported
    assert "WINGTEL_TIME_ZONE" not in reported


def test_the_check_names_another_time_zone_too() -> None:
    set_time_zone("Europe/Berlin")
    reported = check_errors()
    assert "WINGTEL_TIME_ZONE is UTC, but the database was first migrated with Europe/Berlin, which holds." in reported
    assert "WINGTEL_CURRENCY" not in reported


def test_a_changed_currency_is_drift(euros: None) -> None:
    assert "function usage_currency() was changed after it was installed" in strategies.problems()
