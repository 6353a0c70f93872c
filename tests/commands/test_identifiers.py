"""`wingtel identifiers` and `wingtel plans` list and change dated identifiers and plans."""

import json
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from wingtel.subscriptions.models import Plan, Subscription

pytestmark = pytest.mark.django_db
NUMBER, OTHER = "+12025550100", "+12025550101"


@pytest.fixture
def one() -> int:
    return Subscription.objects.create(carrier="att", phone_number=NUMBER, effective_date=at(1)).pk


@pytest.fixture
def two() -> int:
    return Subscription.objects.create(carrier="sprint", effective_date=at(1)).pk


def at(day: int) -> datetime:
    return datetime(2026, 1, day, tzinfo=UTC)


def run(*arguments: str | int) -> str:
    out = StringIO()
    call_command(*map(str, arguments), stdout=out, stderr=StringIO())
    return out.getvalue()


def held(subscription: int) -> list[tuple[Any, ...]]:
    rows = json.loads(run("identifiers", "list", subscription, "--format", "json"))["results"]
    return [(row["kind"], row["value"], row["valid_from"], row["valid_to"]) for row in rows]


def identifier_of(subscription: int) -> int:
    return int(json.loads(run("identifiers", "list", subscription, "--format", "json"))["results"][0]["id"])


def test_a_number_is_replaced_by_another_from_a_timestamp_on(one: int) -> None:
    output = run(
        *("identifiers", "assign", one, "msisdn", "(202) 555-0101", "--from", "2026-01-05T00:00:00Z"),
        *("--replaces", identifier_of(one)),
    )
    assert output.endswith(f"Phone number {OTHER} of subscription {one} from 2026-01-05 00:00:00+00:00.\n")
    assert held(one) == [
        ("msisdn", NUMBER, "2026-01-01 00:00:00+00:00", "2026-01-05 00:00:00+00:00"),
        ("msisdn", OTHER, "2026-01-05 00:00:00+00:00", None),
    ]
    assert Subscription.objects.get(pk=one).phone_number == OTHER


def test_a_number_is_ported_to_another_subscription_and_ended_there(one: int, two: int) -> None:
    run("identifiers", "move", identifier_of(one), "--to", two, "--at", "2026-01-05T00:00:00Z")
    assert held(one) == [("msisdn", NUMBER, "2026-01-01 00:00:00+00:00", "2026-01-05 00:00:00+00:00")]
    run("identifiers", "end", identifier_of(two), "--at", "2026-01-07T00:00:00Z")
    assert held(two) == [("msisdn", NUMBER, "2026-01-05 00:00:00+00:00", "2026-01-07 00:00:00+00:00")]


def test_a_number_in_force_cannot_be_taken(one: int, two: int) -> None:
    with pytest.raises(CommandError, match="this phone number is assigned at that time; end that assignment first"):
        run("identifiers", "assign", two, "msisdn", NUMBER)


def test_columns_follow_a_number_that_ended_as_planned(one: int) -> None:
    with connection.cursor() as cursor:  # as if it had been planned before, and nothing has refreshed the columns since
        cursor.execute("ALTER TABLE wingtel_subscription_identifier DISABLE TRIGGER USER")
        cursor.execute(
            "UPDATE wingtel_subscription_identifier SET valid_to = '2026-01-05' WHERE subscription_id = %s", [one]
        )
        cursor.execute("ALTER TABLE wingtel_subscription_identifier ENABLE TRIGGER USER")
    assert run("identifiers", "refresh") == "Subscriptions that show others now: 1\n"
    assert Subscription.objects.get(pk=one).phone_number == ""


def test_a_list_is_a_table_or_csv_too(one: int) -> None:
    csv = run("identifiers", "list", one, "--format", "csv").splitlines()
    assert csv[0] == "id,subscription_id,kind,value,valid_from,valid_to"
    assert csv[1].endswith(f",{one},msisdn,{NUMBER},2026-01-01 00:00:00+00:00,")
    assert NUMBER in run("identifiers", "list", one)


def test_a_plan_is_changed_from_a_timestamp_on(one: int) -> None:
    Plan.objects.create(name="Old"), Plan.objects.create(name="New")
    run("plans", "change", one, "Old", "--from", "2026-01-01T00:00:00Z")
    assert run("plans", "change", one, "New", "--from", "2026-01-10T00:00:00Z") == (
        "Old: from 2026-01-01 00:00:00+00:00 until 2026-01-10 00:00:00+00:00\n"
        "New: from 2026-01-10 00:00:00+00:00 until further notice\n"
    )
    assert run("plans", "list", one, "--format", "csv").splitlines()[2] == "New,2026-01-10 00:00:00+00:00,"


def test_an_unknown_plan_is_refused_with_a_list_of_plans(one: int) -> None:
    Plan.objects.create(name="Gold")
    with pytest.raises(CommandError, match="there is no plan 'Golden'; the plans are Gold"):
        run("plans", "change", one, "Golden")
