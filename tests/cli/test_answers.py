"""`wingtel exceeding` and `wingtel metrics` print what the API answers."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.test import Client

from tests.command import CommandFailed, run
from wingtel.subscriptions.models import Plan, Subscription
from wingtel.usage.models import DataUsageRecord, VoiceUsageRecord

pytestmark = pytest.mark.django_db
MARCH = ("--from", "2026-03-01", "--to", "2026-03-31")


@pytest.fixture
def heavy() -> Subscription:
    """Create a subscription with 31.20 of data and 25.00 of voice in March 2026."""
    heavy = Subscription.objects.create(carrier="att", phone_number="+12025550100", external_id="crm-7")
    timestamp = datetime(2026, 3, 10, 12, tzinfo=UTC)
    for price in ("31.0000", "0.2000"):
        DataUsageRecord.objects.create(
            subscription=heavy, usage_date=timestamp, kilobytes_used=2**31, price=Decimal(price)
        )
    VoiceUsageRecord.objects.create(subscription=heavy, usage_date=timestamp, seconds_used=600, price=Decimal(25))
    return heavy


@pytest.fixture
def light() -> Subscription:
    """Create a subscription with 24.9999 of data."""
    light = Subscription.objects.create(carrier="sprint", phone_number="+12025550101", external_id="crm-8")
    DataUsageRecord.objects.create(
        subscription=light, usage_date=datetime(2026, 4, 1, tzinfo=UTC), kilobytes_used=1, price=Decimal("24.9999")
    )
    return light


def test_exceeding_as_json_is_the_answer_of_the_api(heavy: Subscription, light: Subscription, client: Client) -> None:
    printed = json.loads(run("exceeding", "--price-limit", "25", "--format", "json"))
    answered = client.get("/api/v1/usage/exceeding/", {"price_limit": "25"}).json()
    assert printed["results"] == [
        {
            "subscription_id": heavy.pk,
            "phone_number": "+12025550100",
            "external_id": "crm-7",
            "exceeded": [
                {"usage_type": "data", "total_price": "31.2000", "exceeded_by": "6.2000"},
                {"usage_type": "voice", "total_price": "25.0000", "exceeded_by": "0.0000"},
            ],
        }
    ]
    assert printed | {"as_of": answered["as_of"]} == answered


def test_exceeding_as_csv(heavy: Subscription, light: Subscription) -> None:
    assert run("exceeding", "--price-limit", "25.00", "--usage-type", "data", "--format", "csv") == (
        f"subscription_id,phone_number,external_id,usage_type,total_price,exceeded_by,currency\n"
        f"{heavy.pk},+12025550100,crm-7,data,31.2000,6.2000,USD\n"
    )


def test_exceeding_as_a_table_names_the_limit_and_the_period(heavy: Subscription) -> None:
    table = run("exceeding", "--price-limit", "25", *MARCH, "--format", "table")
    assert "Reached 25.00 USD from 2026-03-01 to 2026-03-31" in table
    assert "31.2000" in table


def test_metrics_as_json_is_the_answer_of_the_api(heavy: Subscription, light: Subscription, client: Client) -> None:
    period = ("--from", "2026-03-10", "--to", "2026-04-01")
    printed = json.loads(run("metrics", *period, "--format", "json"))
    answered = client.get("/api/v1/usage/metrics/", {"from": "2026-03-10", "to": "2026-04-01"}).json()
    assert printed | {"as_of": answered["as_of"]} == answered
    assert len(printed["results"]) == 3


def test_metrics_as_csv_of_some_subscriptions(heavy: Subscription, light: Subscription) -> None:
    period = ("--from", "2026-03-10", "--to", "2026-04-01")
    assert run("metrics", *period, "--subscription", str(heavy.pk), "--format", "csv") == (
        "subscription_id,phone_number,external_id,usage_type,unit,total_price,total_usage,records,currency\n"
        f"{heavy.pk},+12025550100,crm-7,data,kilobytes,31.2000,4294967296,2,USD\n"
        f"{heavy.pk},+12025550100,crm-7,voice,seconds,25.0000,600,1,USD\n"
    )


def test_numbers_and_external_ids_are_columns_of_tables(heavy: Subscription, light: Subscription) -> None:
    for table in (
        run("exceeding", "--price-limit", "25", "--format", "table"),
        run("metrics", "--from", "2026-03-10", "--to", "2026-04-01", "--format", "table"),
    ):
        assert "phone" in table
        assert "external" in table
        assert "+12025550100" in table
        assert "crm-7" in table


@pytest.mark.parametrize(
    ("options", "are_heavy", "are_light"),
    [
        (["--subscription", "(202) 555-0100"], True, False),
        (["--subscription", "+12025550100", "--subscription", "+12025550101"], True, True),
        (["--external-id", "crm-7", "--external-id", "crm-8"], True, True),
        (["--external-id", "crm-8", "--subscription", "+12025550100"], False, False),
        (["--carrier", "sprint"], False, True),
        (["--plan", "Gold"], True, False),
        (["--plan", "GOLD_ID"], True, False),
        (["--plan", "Gold", "--carrier", "sprint"], False, False),
    ],
)
def test_subscriptions_are_found_by_number_external_id_carrier_and_plan(
    heavy: Subscription, light: Subscription, options: list[str], are_heavy: bool, are_light: bool
) -> None:
    gold = Plan.objects.create(name="Gold")
    Subscription.objects.filter(pk=heavy.pk).update(plan=gold)
    options = [option.replace("GOLD_ID", str(gold.pk)) for option in options]
    expected = [heavy.pk] * are_heavy + [light.pk] * are_light

    exceeding = json.loads(run("exceeding", "--price-limit", "1", *options, "--format", "json"))["results"]
    assert [result["subscription_id"] for result in exceeding] == expected
    lines = run("metrics", "--from", "2026-03-10", "--to", "2026-04-01", *options, "--format", "csv").splitlines()
    assert sorted({int(line.partition(",")[0]) for line in lines[1:]}) == expected


def test_page_size_cuts_the_results_and_a_table_says_so(heavy: Subscription, light: Subscription) -> None:
    period = ("--from", "2026-03-10", "--to", "2026-04-01", "--page-size", "1")
    assert len(json.loads(run("metrics", *period, "--format", "json"))["results"]) == 1
    assert "There are more" in run("metrics", *period, "--format", "table")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["exceeding"], "--price-limit"),
        (["exceeding", "--price-limit", "0"], "a plain decimal greater than 0"),
        (["exceeding", "--price-limit", "-1"], "--price-limit"),
        (["exceeding", "--price-limit", "NaN"], "a plain decimal greater than 0"),
        (["exceeding", "--price-limit", "1", "--usage-type", "mms"], "--usage-type"),
        (["exceeding", "--price-limit", "1", "--from", "2026-02-30"], "a date YYYY-MM-DD"),
        (["exceeding", "--price-limit", "1", "--from", "2026-03-02", "--to", "2026-03-01"], "lies before the first"),
        (["exceeding", "--price-limit", "1", "--subscription", str(2**63)], "an id between 1 and"),
        (
            ["exceeding", "--price-limit", "1", "--subscription", "+123"],
            "a phone number, in any form, of 7 to 15 digits",
        ),
        (["exceeding", "--price-limit", "1", "--external-id", " "], "an external id of 1 to 100 characters"),
        (["exceeding", "--price-limit", "1", "--carrier", "ATT"], "--carrier"),
        (["metrics", "--from", "2026-03-01", "--to", "2026-03-01", "--plan", "Iron"], "there is no plan 'Iron'"),
        (["metrics", "--from", "2026-03-01", "--to", "2026-03-01", "--plan", "9" * 19], "there is no plan '9+'"),
        (["metrics", "--from", "2026-03-01"], "--to"),
        (["metrics", "--from", "2026-03-01", "--to", "2026-03-01", "--page-size", "0"], "from 1 up"),
    ],
)
def test_a_wrong_option_is_refused_by_name(arguments: list[str], message: str) -> None:
    with pytest.raises(CommandFailed, match=message):
        run(*arguments)
