"""`wingtel strategy` and `wingtel check`."""

import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import connection

from tests.command import CommandFailed, run
from wingtel.aggregates import strategies
from wingtel.usage.models import DataUsageRecord

pytestmark = pytest.mark.django_db(transaction=True)


def use() -> None:
    DataUsageRecord.objects.create(
        subscription_id=1, usage_date=datetime(2026, 7, 1, tzinfo=UTC), kilobytes_used=3, price=Decimal(1)
    )


def test_strategy_shows_the_active_one_its_state_and_what_each_counts() -> None:
    shown = run("strategy", "show", "--format", "table")
    assert shown.startswith("triggers, since ")
    rows = {re.split(r" {2,}", line.strip())[0]: re.split(r" {2,}", line.strip())[1:] for line in shown.splitlines()}
    assert rows["triggers"] == ["counted", "counted", "counted", "tables"]
    assert rows["incremental"] == ["counted", "counted", "counted", "tables and deltas"]
    assert rows["inline"] == ["counted", "not counted", "not counted", "tables"]
    assert rows["view"] == ["counted", "counted", "counted", "raw records"]
    assert shown.endswith("state: installed\nbacklog: none\n")


def test_strategy_use_changes_it_and_says_so() -> None:
    assert run("strategy", "use", "view") == "view keeps the aggregates from now on.\n"
    assert run("strategy", "use", "view") == "view keeps the aggregates already: nothing to do.\n"
    assert run("strategy", "show", "--format", "table").startswith("view, since ")


def test_strategy_use_refuses_with_the_reason() -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO wingtel_daily_usage VALUES (1, 'data', '2020-01-01', 1, 1, 1)")
    with pytest.raises(CommandFailed, match="view cannot be used here: it computes answers from the raw records"):
        run("strategy", "use", "view")


def test_the_backlog_is_shown_and_merged() -> None:
    run("strategy", "use", "incremental")
    use()
    use()
    shown = run("strategy", "show", "--format", "table")
    assert "backlog: 2 records wait for `wingtel strategy merge`; answers count them in, the oldest since " in shown
    assert run("strategy", "merge") == "2 records merged.\n"
    assert run("strategy", "merge") == "0 records merged.\n"
    assert run("strategy", "show", "--format", "table").endswith("backlog: none\n")


def test_merge_says_when_there_is_nothing_to_merge() -> None:
    assert run("strategy", "merge") == "triggers has no deltas: nothing to merge.\n"


def test_check_finds_nothing_on_a_sound_install() -> None:
    assert run("check") == "System check identified no issues (0 silenced).\n"


def test_check_reports_a_disabled_trigger_and_how_to_repair_it() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ONLY wingtel_voice_usage_record DISABLE TRIGGER usage_update")
    with pytest.raises(CommandFailed) as refused:
        run("check")
    assert "triggers: trigger usage_update on wingtel_voice_usage_record is disabled." in str(refused.value)
    assert "Run `wingtel strategy use triggers`" in str(refused.value)


def test_check_reports_an_install_of_another_version() -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE wingtel_active_strategy SET fingerprint = 'another'")
    with pytest.raises(CommandFailed, match="installed by another version of Wingtel"):
        run("check")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE wingtel_active_strategy SET name = 'view'")
    strategies.ensure_installed()
