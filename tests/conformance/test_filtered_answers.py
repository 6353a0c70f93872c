"""Both answers for some subscriptions only, with their numbers, compared with a plain query of the raw records."""

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from tests.conformance.oracle import RECORDS
from tests.conformance.writing import MODELS, WRITE
from wingtel.aggregates import strategies
from wingtel.subscriptions.models import Plan, Subscription
from wingtel.usage import partitions

DAYS = [date(2026, 1, 20) + timedelta(days=n) for n in range(0, 70, 3)]  # parts of three months

PERIODS = [("2026-02-01", "2026-02-28"), ("2026-01-01", "2026-03-31"), ("2026-01-25", "2026-03-10")]

FILTERS = {
    "carrier=sprint": "carrier = 'sprint'",
    "plan=GOLD": "plan.name = 'Gold'",
    "carrier=att&plan=GOLD": "carrier = 'att' AND plan.name = 'Gold'",
    "plan=999": "false",
    "phone_number=2025550103&phone_number=%2B12025550104&phone_number=%2B12025550199": "place IN (3, 4)",
    "external_id=crm-5&carrier=sprint": "place = 5 AND carrier = 'sprint'",
    "external_id=crm-4&plan=GOLD": "place = 4 AND plan.name = 'Gold'",
    "external_id=crm-5&phone_number=2025550103": "false",
    "external_id=nobody": "false",
}

TOTALS = f"""
    SELECT subscription_id, coalesce(phone_number, ''), coalesce(external_id, ''), usage_type,
           sum(record.price), sum(used), sum(records)
    FROM ({RECORDS}) AS record
    JOIN (SELECT *, row_number() OVER (ORDER BY id) - 1 AS place FROM wingtel_subscription AS subscription) AS
        subscription
        ON subscription.id = subscription_id
    LEFT JOIN wingtel_plan AS plan ON plan.id = plan_id
    WHERE day BETWEEN %(first)s AND %(last)s AND ({{only}})
    GROUP BY 1, 2, 3, 4
"""


@pytest.fixture
def gold(strategy: strategies.Strategy) -> int:
    """Create a plan that a third of the subscriptions with usage have. Half of all are of either carrier."""
    gold, other = Plan.objects.create(name="Gold"), Plan.objects.create(name="Silver")
    partitions.ensure(DAYS)
    owners = [
        Subscription.objects.create(
            carrier=("att", "sprint")[place % 2],
            plan=(gold, other, None)[place // 2 % 3],
            phone_number=f"+12025550{100 + place}" if place % 5 else "",
            external_id=f"crm-{place}" if place % 7 else "",
        ).pk
        for place in range(60)
    ]
    drawn = random.Random(5)
    for batch in range(6):
        rows = []
        for number in range(150):
            day = drawn.choice(DAYS)
            price = Decimal(int(drawn.lognormvariate(9, 2))) / 10**4
            timestamp = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
            rows.append((f"{batch}-{number}", timestamp, drawn.choice(owners), price, number))
        WRITE["recorded"](MODELS[batch % 2], rows)
        if batch == 3:
            strategy.merge()
    return gold.pk


def all_results(client: Client, path: str) -> list[dict[str, Any]]:
    """Return the results of all pages."""
    found, following = [], path
    while following:
        body = client.get(following).json()
        found += body["results"]
        following = body["next"]
    return found


def totals(only: str, first: str, last: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(TOTALS.format(only=only), {"zone": "UTC", "first": first, "last": last})
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def test_metrics_are_of_the_requested_subscriptions(gold: int, client: Client) -> None:
    for first, last in PERIODS:
        for parameters, only in FILTERS.items():
            path = f"/api/v1/usage/metrics/?from={first}&to={last}&page_size=25&{parameters.replace('GOLD', str(gold))}"
            found = [
                (
                    *(row[name] for name in ("subscription_id", "phone_number", "external_id", "usage_type")),
                    *(Decimal(row[name]) for name in ("total_price", "total_usage", "records")),
                )
                for row in all_results(client, path)
            ]
            assert found == sorted(totals(only, first, last)), path


def test_who_exceeds_a_limit_is_found_among_the_requested_subscriptions(gold: int, client: Client) -> None:
    for first, last in [*PERIODS, ("-infinity", "infinity")]:
        days = "" if first == "-infinity" else f"&from={first}&to={last}"
        for parameters, only in FILTERS.items():
            path = f"/api/v1/usage/exceeding/?price_limit=2&page_size=15{days}&{parameters.replace('GOLD', str(gold))}"
            results = all_results(client, path)
            found = [
                (
                    *(result[name] for name in ("subscription_id", "phone_number", "external_id")),
                    limit["usage_type"],
                    Decimal(limit["total_price"]),
                )
                for result in results
                for limit in result["exceeded"]
            ]
            assert sorted(found) == sorted(row[:5] for row in totals(only, first, last) if row[4] >= 2), path
            largest = [Decimal(result["exceeded"][0]["total_price"]) for result in results]
            assert largest == sorted(largest, reverse=True), path
    assert len(all_results(client, f"/api/v1/usage/exceeding/?price_limit=2&page_size=4&plan={gold}")) > 8
