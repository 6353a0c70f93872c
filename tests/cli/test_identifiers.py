"""`wingtel subscriptions` lists and changes dated identifiers and plans."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection

from tests.command import CommandFailed, run
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


def held(subscription: int) -> list[tuple[Any, ...]]:
    rows = json.loads(run("subscriptions", "identifiers", subscription, "--format", "json"))["results"]
    return [(row["kind"], row["value"], row["valid_from"], row["valid_to"]) for row in rows]


def identifier_of(subscription: int) -> int:
    return int(json.loads(run("subscriptions", "identifiers", subscription, "--format", "json"))["results"][0]["id"])


def test_a_number_is_replaced_by_another_from_a_timestamp_on(one: int) -> None:
    output = run(
        *("subscriptions", "assign", one, "msisdn", "(202) 555-0101", "--from", "2026-01-05T00:00:00Z"),
        *("--replaces", identifier_of(one)),
    )
    assert output.endswith(f"Phone number {OTHER} of subscription {one} from 2026-01-05T00:00:00Z.\n")
    assert held(one) == [
        ("msisdn", NUMBER, "2026-01-01T00:00:00Z", "2026-01-05T00:00:00Z"),
        ("msisdn", OTHER, "2026-01-05T00:00:00Z", None),
    ]
    assert Subscription.objects.get(pk=one).phone_number == OTHER


def test_a_number_is_ported_to_another_subscription_and_ended_there(one: int, two: int) -> None:
    run("subscriptions", "move", identifier_of(one), "--to", two, "--at", "2026-01-05T00:00:00Z")
    assert held(one) == [("msisdn", NUMBER, "2026-01-01T00:00:00Z", "2026-01-05T00:00:00Z")]
    run("subscriptions", "end", identifier_of(two), "--at", "2026-01-07T00:00:00Z")
    assert held(two) == [("msisdn", NUMBER, "2026-01-05T00:00:00Z", "2026-01-07T00:00:00Z")]


def test_a_number_in_force_cannot_be_taken(one: int, two: int) -> None:
    with pytest.raises(CommandFailed, match="this phone number is assigned at that time; end that assignment first"):
        run("subscriptions", "assign", two, "msisdn", NUMBER)


def test_columns_follow_a_number_that_ended_as_planned(one: int) -> None:
    with connection.cursor() as cursor:  # as if it had been planned before, and nothing has refreshed the columns since
        cursor.execute("ALTER TABLE wingtel_subscription_identifier DISABLE TRIGGER USER")
        cursor.execute(
            "UPDATE wingtel_subscription_identifier SET valid_to = '2026-01-05' WHERE subscription_id = %s", [one]
        )
        cursor.execute("ALTER TABLE wingtel_subscription_identifier ENABLE TRIGGER USER")
    assert run("subscriptions", "refresh") == "Subscriptions that show others now: 1\n"
    assert Subscription.objects.get(pk=one).phone_number == ""


def test_a_list_is_a_table_or_csv_too(one: int) -> None:
    csv = run("subscriptions", "identifiers", one, "--format", "csv").splitlines()
    assert csv[0] == "id,subscription_id,kind,value,valid_from,valid_to"
    assert csv[1].endswith(f",{one},msisdn,{NUMBER},2026-01-01T00:00:00Z,")
    assert NUMBER in run("subscriptions", "identifiers", one, "--format", "table")


def test_a_plan_is_changed_from_a_timestamp_on(one: int) -> None:
    Plan.objects.create(name="Old"), Plan.objects.create(name="New")
    run("subscriptions", "change-plan", one, "Old", "--from", "2026-01-01T00:00:00Z")
    assert run("subscriptions", "change-plan", one, "New", "--from", "2026-01-10T00:00:00Z") == (
        "Old: from 2026-01-01T00:00:00Z until 2026-01-10T00:00:00Z\n"
        "New: from 2026-01-10T00:00:00Z until further notice\n"
    )
    assert run("subscriptions", "plans", one, "--format", "csv").splitlines()[2] == "New,2026-01-10T00:00:00Z,"


def test_an_unknown_plan_is_refused_with_a_list_of_plans(one: int) -> None:
    Plan.objects.create(name="Gold")
    with pytest.raises(CommandFailed, match="there is no plan 'Golden'; the plans are Gold"):
        run("subscriptions", "change-plan", one, "Golden")
