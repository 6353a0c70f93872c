"""`wingtel strategy`, `merge` and `check`."""

from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from wingtel.aggregates import strategies
from wingtel.usage.models import DataUsageRecord

pytestmark = pytest.mark.django_db(transaction=True)


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def use() -> None:
    DataUsageRecord.objects.create(
        subscription_id=1, usage_date=datetime(2026, 7, 1, tzinfo=UTC), kilobytes_used=3, price=Decimal(1)
    )


def test_strategy_shows_the_active_one_its_state_and_what_each_counts() -> None:
    shown = run("strategy")
    assert shown.startswith("triggers, since ")
    rows = {
        line.split("│")[1].strip(): [cell.strip() for cell in line.split("│")[2:-1]]
        for line in shown.splitlines()
        if "│" in line
    }
    assert rows["triggers"] == ["counted", "counted", "counted", "stored aggregates", "no"]
    assert rows["incremental"] == ["counted", "counted", "counted", "stored aggregates and deltas", "yes"]
    assert rows["inline"] == ["counted", "not counted", "not counted", "stored aggregates", "no"]
    assert rows["view"] == ["counted", "counted", "counted", "raw records", "no"]
    assert shown.endswith("state: installed\nbacklog: none\n")


def test_strategy_use_changes_it_and_says_so() -> None:
    assert run("strategy", "use", "view") == "view keeps the aggregates from now on.\n"
    assert run("strategy", "use", "view") == "view keeps the aggregates already: nothing to do.\n"
    assert run("strategy").startswith("view, since ")


def test_strategy_use_refuses_with_the_reason() -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO daily_usage VALUES (1, 'data', '2020-01-01', 1, 1, 1)")
    with pytest.raises(CommandError, match="view cannot be used here: it computes answers from the raw records"):
        run("strategy", "use", "view")


def test_the_backlog_is_shown_and_merged() -> None:
    run("strategy", "use", "incremental")
    use()
    use()
    assert "backlog: 2 records wait for `wingtel merge`; answers count them in, the oldest since " in run("strategy")
    assert run("merge") == "2 records merged.\n"
    assert run("merge") == "0 records merged.\n"
    assert run("strategy").endswith("backlog: none\n")


def test_merge_says_when_there_is_nothing_to_merge() -> None:
    assert run("merge") == "triggers has no deltas: nothing to merge.\n"


def test_check_finds_nothing_on_a_sound_install() -> None:
    assert run("check") == "System check identified no issues (0 silenced).\n"


def test_check_reports_a_disabled_trigger_and_how_to_repair_it() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ONLY voice_usage_record DISABLE TRIGGER usage_update")
    with pytest.raises(CommandError) as rejected:
        run("check")
    assert "triggers: trigger usage_update on voice_usage_record is disabled." in str(rejected.value)
    assert "Run `wingtel strategy use triggers`" in str(rejected.value)


def test_check_reports_an_install_of_another_version() -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE active_strategy SET fingerprint = 'another'")
    with pytest.raises(CommandError, match="installed by another version of Wingtel"):
        run("check")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE active_strategy SET name = 'view'")
    strategies.ensure_installed()
