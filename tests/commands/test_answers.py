"""`wingtel exceeding` and `wingtel metrics` print what the API answers."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from wingtel.subscriptions.models import Subscription
from wingtel.usage.models import DataUsageRecord, VoiceUsageRecord

pytestmark = pytest.mark.django_db


@pytest.fixture
def heavy() -> Subscription:
    """A subscription with 31.20 of data and 25.00 of voice in March 2026."""
    heavy = Subscription.objects.create(carrier="att")
    moment = datetime(2026, 3, 10, 12, tzinfo=UTC)
    for price in ("31.0000", "0.2000"):
        DataUsageRecord.objects.create(
            subscription=heavy, usage_date=moment, kilobytes_used=2**31, price=Decimal(price)
        )
    VoiceUsageRecord.objects.create(subscription=heavy, usage_date=moment, seconds_used=600, price=Decimal(25))
    return heavy


@pytest.fixture
def light() -> Subscription:
    """A subscription with 24.9999 of data."""
    light = Subscription.objects.create(carrier="sprint")
    DataUsageRecord.objects.create(
        subscription=light, usage_date=datetime(2026, 4, 1, tzinfo=UTC), kilobytes_used=1, price=Decimal("24.9999")
    )
    return light


def output_of(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_exceeding_as_json_is_the_answer_of_the_api(heavy: Subscription, light: Subscription, client: Client) -> None:
    printed = json.loads(output_of("exceeding", "--price-limit", "25", "--format", "json"))
    answered = client.get("/api/v1/usage/exceeding/", {"price_limit": "25"}).json()
    assert printed["results"] == [
        {
            "subscription_id": heavy.pk,
            "exceeded": [
                {"usage_type": "data", "total_price": "31.2000", "exceeded_by": "6.2000"},
                {"usage_type": "voice", "total_price": "25.0000", "exceeded_by": "0.0000"},
            ],
        }
    ]
    assert printed | {"as_of": answered["as_of"]} == answered


def test_exceeding_as_csv(heavy: Subscription, light: Subscription) -> None:
    assert output_of("exceeding", "--price-limit", "25.00", "--usage-type", "data", "--format", "csv") == (
        f"subscription_id,usage_type,total_price,exceeded_by,currency\n{heavy.pk},data,31.2000,6.2000,USD\n"
    )


def test_exceeding_as_a_table_names_the_limit_and_the_period(heavy: Subscription) -> None:
    table = output_of("exceeding", "--price-limit", "25", "--from", "2026-03-01", "--to", "2026-03-31")
    assert "Reached 25.00 USD from 2026-03-01 to 2026-03-31" in table
    assert "31.2000" in table


def test_metrics_as_json_is_the_answer_of_the_api(heavy: Subscription, light: Subscription, client: Client) -> None:
    period = ("--from", "2026-03-10", "--to", "2026-04-01")
    printed = json.loads(output_of("metrics", *period, "--format", "json"))
    answered = client.get("/api/v1/usage/metrics/", {"from": "2026-03-10", "to": "2026-04-01"}).json()
    assert printed | {"as_of": answered["as_of"]} == answered
    assert len(printed["results"]) == 3


def test_metrics_as_csv_of_some_subscriptions(heavy: Subscription, light: Subscription) -> None:
    period = ("--from", "2026-03-10", "--to", "2026-04-01")
    assert output_of("metrics", *period, "--subscription-id", str(heavy.pk), "--format", "csv") == (
        "subscription_id,usage_type,unit,total_price,total_usage,records,currency\n"
        f"{heavy.pk},data,kilobytes,31.2000,4294967296,2,USD\n"
        f"{heavy.pk},voice,seconds,25.0000,600,1,USD\n"
    )


def test_page_size_cuts_the_results_and_a_table_says_so(heavy: Subscription, light: Subscription) -> None:
    period = ("--from", "2026-03-10", "--to", "2026-04-01", "--page-size", "1")
    assert len(json.loads(output_of("metrics", *period, "--format", "json"))["results"]) == 1
    assert "There are more" in output_of("metrics", *period)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["exceeding"], "--price-limit"),
        (["exceeding", "--price-limit", "0"], "a plain decimal greater than 0"),
        (["exceeding", "--price-limit", "-1"], "--price-limit"),
        (["exceeding", "--price-limit", "NaN"], "a plain decimal greater than 0"),
        (["exceeding", "--price-limit", "1", "--usage-type", "sms"], "--usage-type"),
        (["exceeding", "--price-limit", "1", "--from", "2026-02-30"], "a date YYYY-MM-DD"),
        (["exceeding", "--price-limit", "1", "--from", "2026-03-02", "--to", "2026-03-01"], "lies before the first"),
        (["exceeding", "--price-limit", "1", "--subscription-id", str(2**63)], "an id between 1 and"),
        (["metrics", "--from", "2026-03-01"], "--to"),
        (["metrics", "--from", "2026-03-01", "--to", "2026-03-01", "--page-size", "0"], "from 1 up"),
    ],
)
def test_a_wrong_option_is_refused_by_name(arguments: list[str], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        call_command(*arguments)
