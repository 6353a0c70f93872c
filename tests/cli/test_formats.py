"""Lists and answers: all formats hold the same, and subscriptions are named by id or number."""

import csv
import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from tests.api.records import data, voice
from tests.command import CommandFailed, run
from wingtel.subscriptions.models import Plan, Subscription
from wingtel.usage.models import UsageAdjustment, UsageType

pytestmark = pytest.mark.django_db
NUMBER = "+12025550100"
DAY = "2026-03-10"
PERIOD = ("--from", DAY, "--to", DAY)
LISTS: dict[str, tuple[str, ...]] = {
    "exceeding": ("exceeding", "--price-limit", "0.1"),
    "metrics": ("metrics", *PERIOD),
    "records": ("records", *PERIOD),
    "imports": ("imports", "list"),
    "conflicts": ("conflicts", "list"),
    "feeds": ("feeds", "list"),
    "adjustments": ("adjustments", "list"),
    "limits": ("limits", "list"),
    "alerts": ("alerts", "list"),
    "webhooks": ("webhooks", "list"),
    "deliveries": ("webhooks", "deliveries"),
    "days": ("days", "list"),
    "strategy": ("strategy", "show"),
    "subscriptions": ("subscriptions", "list"),
    "identifiers": ("subscriptions", "identifiers", NUMBER),
    "plans of a subscription": ("subscriptions", "plans", NUMBER),
    "plans": ("plans", "list"),
    "carriers": ("carriers", "list"),
    "keys": ("keys", "list"),
}
EMPTY = {"imports", "conflicts", "limits", "alerts", "webhooks", "deliveries", "keys"}


@pytest.fixture(autouse=True)
def one() -> int:
    """Create a subscription with usage, an adjustment with a tab and a line end in its reason, and a plan."""
    plan = Plan.objects.create(name="=Gold")
    one = Subscription.objects.create(carrier="att", phone_number=NUMBER, external_id="crm, 7", plan=plan).pk
    data(one, DAY, "0.5000")
    voice(one, DAY, "0.2500")
    run("adjustments", "add", "--subscription", one, "--type", "data", "--day", DAY, "--used", 1, "--reason", "a\tb\nc")
    return one


@pytest.mark.parametrize("words", LISTS.values(), ids=LISTS)
def test_tsv_csv_and_json_agree_and_a_table_fits(words: tuple[str, ...], request: pytest.FixtureRequest) -> None:
    tsv = list(csv.DictReader(StringIO(run(*words)), delimiter="\t", quoting=csv.QUOTE_NONE))
    comma = list(csv.DictReader(StringIO(run(*words, "--format", "csv"))))
    flat = json.loads(run(*words, "--format", "json"))
    assert [{name: tidy(text) for name, text in row.items()} for row in comma] == tsv
    assert len(as_rows(flat)) == len(tsv)
    for row, told in zip(tsv, as_rows(flat), strict=True):
        assert {name: text_of(told[name]) for name in row if name in told} == {
            name: text for name, text in row.items() if name in told
        }
    assert bool(tsv) is (request.node.callspec.id not in EMPTY)
    assert max(map(len, run(*words, "--format", "table").splitlines())) <= 80


def tidy(text: str) -> str:
    """Return the text of a cell of CSV as TSV has it."""
    return text.removeprefix("'").replace("\t", " ").replace("\n", " ")


def text_of(value: Any) -> str:
    """Return a value of JSON as a cell of TSV has it."""
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else tidy(" ".join(map(str, value)) if isinstance(value, list) else str(value))


def as_rows(body: dict[str, Any]) -> list[dict[str, Any]]:
    return [result | part for result in body["results"] for part in result.get("exceeded", [{}])]


def test_output_takes_its_format_from_the_ending(tmp_path: Any) -> None:
    for ending, first in (("tsv", "subscription_id\tphone"), ("csv", "subscription_id,phone"), ("ndjson", '{"subsc')):
        run("metrics", *PERIOD, "--output", tmp_path / f"march.{ending}")
        assert (tmp_path / f"march.{ending}").read_text().startswith(first)


@pytest.mark.parametrize(
    "words",
    [
        lambda name: ("metrics", *PERIOD, "--subscription", name),
        lambda name: ("exceeding", "--price-limit", "0.1", "--subscription", name),
        lambda name: ("explain", name, DAY),
        lambda name: ("records", *PERIOD, "--subscription", name),
        lambda name: ("subscriptions", "show", name),
        lambda name: ("adjustments", "list", "--subscription", name),
    ],
)
def test_a_subscription_is_named_by_id_or_number_and_an_unknown_one_is_an_error(
    words: Callable[[Any], tuple[Any, ...]], one: int
) -> None:
    assert run(*words(one)) == run(*words(NUMBER)) == run(*words("(202) 555-0100"))
    for unknown, message in (
        (one + 1, f"there is no subscription {one + 1}"),
        ("+12025550199", "no subscription has the phone number +12025550199"),
    ):
        with pytest.raises(CommandFailed, match="wingtel: ") as failed:
            run(*words(unknown))
        assert failed.value.exit_code == 1
        assert str(failed.value).startswith(f"wingtel: {message.replace('+', '+')}")


def test_an_unknown_external_id_is_an_error() -> None:
    with pytest.raises(CommandFailed, match="wingtel: no subscription has the external id 'crm-9'"):
        run("metrics", *PERIOD, "--external-id", "crm-9")


def test_a_subscription_is_added_and_shown() -> None:
    printed = run("subscriptions", "add", "--carrier", "sprint", "--phone-number", "(202) 555-0111", "--plan", "=Gold")
    added = Subscription.objects.get(phone_number="+12025550111")
    assert printed == f"Subscription {added.pk}: sprint +12025550111\n"
    shown = json.loads(run("subscriptions", "show", added.pk, "--format", "json"))
    assert (shown["carrier"], shown["plan"], shown["phone_number"]) == ("sprint", added.plan_id, "+12025550111")
    assert "phone number    +12025550111\n" in run("subscriptions", "show", added.pk, "--format", "table")
    with pytest.raises(CommandFailed, match="value: this phone number is assigned at that time"):
        run("subscriptions", "add", "--carrier", "att", "--phone-number", "+12025550111")


def test_a_plan_is_added() -> None:
    assert run("plans", "add", "Silver", "--price", "9.5") == (
        f"Plan {Plan.objects.get(name='Silver').pk}: Silver, 9.5000 USD\n"
    )
    with pytest.raises(CommandFailed, match="name: Plan with this Name already exists"):
        run("plans", "add", "Silver")


def test_the_commands_run_in_another_project(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("wingtel", "carriers", "list", "--format", "csv")
    assert capsys.readouterr().out.startswith("code,name,country\natt,AT&T,US\n")


def test_status_is_one_screen_without_a_secret(settings: Any) -> None:
    settings.REDIS_URL = ""
    told = json.loads(run("status", "--format", "json"))
    assert (told["time_zone"], told["currency"], told["strategy"]) == ("UTC", "USD", "triggers")
    assert told["database"]["server"].startswith("PostgreSQL ")
    assert told["database"]["size_bytes"] > 1_000_000
    assert (told["pending_records"], told["redis"], told["active_api_keys"]) == (0, "not configured", 0)
    assert told["days"] == {"open": 1, "sealed": 0, "expired": 0, "oldest_open": DAY}
    lines = run("status", "--format", "table").splitlines()
    assert len(lines) <= 24
    assert "strategy    triggers" in lines
    assert f"days        1 open, 0 sealed, 0 expired; the oldest open is {DAY}" in lines
    assert "password" not in run("status", "--format", "json")
    assert UsageAdjustment.objects.get().usage_type == UsageType.DATA
