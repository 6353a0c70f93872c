"""`wingtel adjustments` and `wingtel explain`."""

import getpass
import json
from decimal import Decimal

import pytest
from django.test import Client

from tests.api.records import data
from tests.command import CommandFailed, run
from wingtel.subscriptions.models import Subscription
from wingtel.usage.models import UsageAdjustment

pytestmark = pytest.mark.django_db

DAY = "2026-03-10"


@pytest.fixture
def subscription() -> int:
    return Subscription.objects.create(carrier="att").pk


def adjusted(subscription: int, *arguments: str) -> UsageAdjustment:
    key = ("--subscription", str(subscription), "--type", "data", "--day", DAY)
    run("adjustments", "add", *key, "--reason", "credited", *arguments)
    return UsageAdjustment.objects.latest("pk")


def test_adjusting_says_what_was_done(subscription: int) -> None:
    key = ("--subscription", str(subscription), "--type", "data", "--day", DAY)
    output = run(
        "adjustments", "add", *key, "--used", "-20480", "--price", "-0.3", "--reason", "credited", "--actor", "ada"
    )
    adjustment = UsageAdjustment.objects.get()
    assert output == (
        f"Adjustment {adjustment.pk}: -20480 kilobytes and -0.3000 USD for data of subscription {subscription} "
        "on 2026-03-10, by ada.\n"
    )
    assert (adjustment.used, adjustment.price, adjustment.reason) == (-20480, Decimal("-0.3000"), "credited")


def test_the_actor_is_the_user_of_the_machine(subscription: int) -> None:
    assert adjusted(subscription, "--used", "1").actor == getpass.getuser()


def test_reversing_says_what_was_done(subscription: int) -> None:
    adjustment = adjusted(subscription, "--price", "1.5", "--actor", "ada")
    output = run("adjustments", "reverse", str(adjustment.pk), "--reason", "a mistake", "--actor", "bob")
    reversal = UsageAdjustment.objects.get(reverses=adjustment)
    assert output == (
        f"Adjustment {adjustment.pk} reversed by {reversal.pk}: +0 kilobytes and -1.5000 USD for data of "
        f"subscription {subscription} on 2026-03-10, by bob.\n"
    )
    with pytest.raises(CommandFailed, match=f"adjustment {adjustment.pk} was reversed already, by bob at"):
        run("adjustments", "reverse", str(adjustment.pk), "--reason", "again")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["adjustments", "add"], "--subscription"),
        (["adjustments", "reverse", "1"], "--reason"),
        (["adjustments", "reverse", "1", "--reason", "r"], "there is no adjustment 1"),
        (["adjustments", "add", "--used", "1.5"], "a whole number, such as -20480"),
        (["adjustments", "add", "--price", "1e5"], "a plain decimal, such as"),
        (["adjustments", "add", "--subscription", "999999"], "there is no subscription 999999"),
        (["adjustments", "list", "--from", "2026-03-02", "--to", "2026-03-01"], "lies before the first"),
        (["explain", "0", DAY], "an id between 1 and"),
        (["explain", "1", DAY, "--records", "-1"], "--records"),
    ],
)
def test_a_wrong_option_is_refused_by_name(arguments: list[str], message: str) -> None:
    with pytest.raises(CommandFailed, match=message):
        run(*arguments)


def test_adjustments_as_json_are_those_of_the_api(subscription: int, client: Client) -> None:
    adjusted(subscription, "--used", "1")
    printed = json.loads(run("adjustments", "list", "--format", "json"))
    assert printed["results"] == client.get("/api/v1/usage/adjustments/").json()["results"]


def test_adjustments_as_csv_and_as_a_table(subscription: int) -> None:
    adjustment = adjusted(subscription, "--used", "-1", "--price", "-0.5", "--actor", "[ada]")
    other = Subscription.objects.create(carrier="att").pk
    adjusted(other, "--used", "1")
    created = adjustment.created_at.isoformat().replace("+00:00", "Z")
    assert run("adjustments", "list", "--subscription", str(subscription), "--format", "csv") == (
        "id,subscription_id,usage_type,unit,day,used,price,currency,reason,actor,created_at,reverses,reversed_by\n"
        f"{adjustment.pk},{subscription},data,kilobytes,2026-03-10,-1,-0.5000,USD,credited,[ada],{created},,\n"
    )
    assert run("adjustments", "list", "--from", "2026-03-11", "--format", "csv").count("\n") == 1
    table = run("adjustments", "list", "--to", DAY, "--format", "table")
    assert "credited" in table
    assert "-0.5000" in table


def test_an_explanation_as_json_is_the_answer_of_the_api(subscription: int, client: Client) -> None:
    data(subscription, DAY, "0.5000")
    adjusted(subscription, "--used", "-1")
    printed = json.loads(run("explain", str(subscription), DAY, "--format", "json"))
    answered = client.get(f"/api/v1/subscriptions/{subscription}/usage/{DAY}/").json()
    assert printed | {"as_of": answered["as_of"]} == answered


def test_an_explanation_as_a_table_says_whether_it_adds_up(subscription: int) -> None:
    data(subscription, DAY, "0.5000")
    data(subscription, DAY, "0.2500")
    adjusted(subscription, "--used", "-1", "--actor", "ada")
    output = run("explain", subscription, DAY, "--records", "1", "--format", "table")
    assert f"Subscription {subscription} on {DAY}: the day is open." in output
    assert "data: 2 records and 1 adjustments: the total is their sum." in output
    assert "the first 1 records are listed: see --records" in output
    assert "1999" in output
    assert "credited" in output


def test_an_explanation_as_csv(subscription: int) -> None:
    adjustment = adjusted(subscription, "--used", "-1", "--actor", "ada")
    created = adjustment.created_at.isoformat().replace("+00:00", "Z")
    assert run("explain", str(subscription), DAY, "--format", "csv") == (
        "usage_type,what,id,at,used,price,reason,actor,reverses,reversed_by,origin,currency\n"
        f"data,adjustment,{adjustment.pk},{created},-1,0.0000,credited,ada,,,,USD\n"
        "data,recorded,,,0,0.0000,,,,,,USD\n"
        "data,adjusted,,,-1,0.0000,,,,,,USD\n"
        "data,total,,,-1,0.0000,,,,,,USD\n"
        "sms,recorded,,,0,0.0000,,,,,,USD\n"
        "sms,adjusted,,,0,0.0000,,,,,,USD\n"
        "sms,total,,,0,0.0000,,,,,,USD\n"
        "voice,recorded,,,0,0.0000,,,,,,USD\n"
        "voice,adjusted,,,0,0.0000,,,,,,USD\n"
        "voice,total,,,0,0.0000,,,,,,USD\n"
    )
