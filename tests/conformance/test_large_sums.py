"""Sums beyond 64 bits are right in every answer, and stop nothing, under every strategy."""

import csv
import io
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from pyarrow import parquet

from tests.capabilities import under_strategies
from tests.command import run
from tests.conformance.conftest import ways
from tests.conformance.oracle import differences
from tests.conformance.writing import DELETE, WRITE, Row
from wingtel.adjustments.services import adjust, reverse
from wingtel.aggregates import strategies
from wingtel.aggregates.rebuild import rebuild_day
from wingtel.aggregates.strategies import Strategy
from wingtel.lifecycle.expiry import expire
from wingtel.lifecycle.rebuild_runs import rebuild_days
from wingtel.lifecycle.reconciliation import reconcile
from wingtel.lifecycle.seals import seal
from wingtel.limits.evaluation import evaluate
from wingtel.limits.models import Alert
from wingtel.limits.services import make_limit
from wingtel.subscriptions.models import Subscription
from wingtel.usage import partitions
from wingtel.usage.models import DataUsageRecord, UsageDay, UsageType
from wingtel.usage.ranges import LARGEST_PRICE, LARGEST_QUANTITY

DAY = date(2026, 3, 10)
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
RECORDS = 9_300
USED = RECORDS * LARGEST_QUANTITY
PAID = RECORDS * LARGEST_PRICE
MARCH = "from=2026-03-01&to=2026-03-31"
METRICS = f"/api/v1/usage/metrics/?{MARCH}"

assert USED > 2**63


@pytest.fixture
def absurd(strategy: Strategy) -> int:
    """Create a subscription with so many of the largest records that the sum of one day exceeds 64 bits."""
    partitions.ensure([DAY, DAY + timedelta(days=1)])
    subscription = Subscription.objects.create(carrier="att").pk
    WRITE["recorded"](DataUsageRecord, largest("r", subscription))
    return subscription


@pytest.fixture
def other(absurd: int) -> int:
    """Create a subscription with one session, ingested after those."""
    subscription = Subscription.objects.create(carrier="att").pk
    WRITE["recorded"](DataUsageRecord, [("other", NOON, subscription, Decimal("1.5"), 7)])
    return subscription


def largest(prefix: str, subscription: int) -> list[Row]:
    return [(f"{prefix}-{n:05}", NOON, subscription, LARGEST_PRICE, LARGEST_QUANTITY) for n in range(RECORDS)]


def file_of(client: Client, form: str) -> bytes:
    response = client.get(f"{METRICS}&format={form}")
    assert response.status_code == 200, response.content
    return b"".join(response)  # which closes it


def test_sums_of_every_way_of_writing_are_exact(strategy: Strategy, absurd: int, other: int) -> None:
    for way in ways(strategy):
        WRITE[way](DataUsageRecord, largest(way, absurd))
        if way == "models":
            strategy.merge()
    assert differences() == []
    for way in set(ways(strategy)) & set(DELETE):
        DELETE[way](DataUsageRecord, f"{way}-")
    if strategy.has_deltas:
        assert strategy.merge()
    assert differences() == []


def test_pages_and_series_show_them(strategy: Strategy, client: Client, absurd: int, other: int) -> None:
    for query in ("", f"&subscription_id={absurd}&subscription_id={other}"):
        results = client.get(METRICS + query).json()["results"]
        assert [(found["subscription_id"], found["total_usage"], found["records"]) for found in results] == [
            (absurd, USED, RECORDS),
            (other, 7, 1),
        ]
    (alone,) = client.get(f"{METRICS}&subscription_id={absurd}").json()["results"]
    assert (alone["total_usage"], Decimal(alone["total_price"])) == (USED, PAID)
    for granularity in ("day", "month"):
        series = client.get(f"/api/v1/subscriptions/{absurd}/usage/?granularity={granularity}&{MARCH}").json()
        assert [(point["total_usage"], Decimal(point["total_price"])) for point in series["results"]] == [(USED, PAID)]


@pytest.mark.parametrize("period", ["", f"&{MARCH}", "&from=2026-03-02&to=2026-03-20"])
def test_exceeding_names_them_first(client: Client, absurd: int, other: int, period: str) -> None:
    body = client.get(f"/api/v1/usage/exceeding/?price_limit=1.5{period}").json()
    assert [
        (found["subscription_id"], Decimal(limit["total_price"]), Decimal(limit["exceeded_by"]))
        for found in body["results"]
        for limit in found["exceeded"]
    ] == [(absurd, PAID, PAID - Decimal("1.5")), (other, Decimal("1.5"), 0)]


def test_exports_hold_them(client: Client, absurd: int, other: int) -> None:
    rows = list(csv.DictReader(io.StringIO(file_of(client, "csv").decode())))
    assert [(row["total_usage"], Decimal(row["total_price"])) for row in rows] == [
        (str(USED), PAID),
        ("7", Decimal("1.5")),
    ]
    objects = [json.loads(line) for line in file_of(client, "ndjson").splitlines()]
    assert [found["total_usage"] for found in objects] == [USED, 7]
    assert all(type(found["total_usage"]) is int for found in objects)
    table = parquet.read_table(io.BytesIO(file_of(client, "parquet")))
    assert (table["total_usage"].to_pylist(), table["total_price"].to_pylist()) == (
        [USED, 7],
        [PAID, Decimal("1.5")],
    )


def test_an_explanation_adds_up(client: Client, absurd: int) -> None:
    body = client.get(f"/api/v1/subscriptions/{absurd}/usage/{DAY}/").json()
    found, *_ = body["usage_types"]
    assert body["adds_up"] is True
    assert (found["total"]["used"], found["recorded"]["used"]) == (USED, USED)


def test_commands_print_them(absurd: int) -> None:
    for form in ("tsv", "json", "csv", "ndjson"):
        assert str(USED) in run("metrics", "--from", "2026-03-01", "--to", "2026-03-31", "--format", form)


def test_adjustments_add_to_them_and_are_reversed(strategy: Strategy, absurd: int) -> None:
    day = DAY + timedelta(days=1)
    adjustment = adjust(
        subscription_id=absurd,
        usage_type=UsageType.DATA,
        day=day,
        used=-LARGEST_QUANTITY,
        price=LARGEST_PRICE,
        reason="r",
        actor="a",
    )
    assert differences() == []
    reverse(adjustment.pk, reason="r", actor="a")
    assert differences() == []


def test_the_life_of_their_day_goes_on(strategy: Strategy, client: Client, absurd: int, other: int) -> None:
    rebuild_day(DAY)
    if strategy.stores:
        rebuild_days(workers=2, again=True)
    outcome = reconcile(repair=True)
    assert (outcome.drift_keys, differences()) == (0, [])
    sealed = seal(DAY)
    assert sealed.sums.values_list("records", "used", "price").get(usage_type="data") == (
        RECORDS + 1,
        USED + 7,
        PAID + Decimal("1.5"),
    )
    assert client.get("/api/v1/usage/days/").json()["results"][0]["sums"][0]["used"] == USED + 7
    expire(DAY)
    assert UsageDay.objects.get(day=DAY).state == "expired"
    assert client.get(METRICS).json()["results"][0]["total_usage"] == USED


@under_strategies("stores")
def test_damage_to_them_is_reported_and_repaired(strategy: Strategy, client: Client, absurd: int, other: int) -> None:
    strategy.merge()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE wingtel_daily_usage SET used = 0 WHERE subscription_id = %s", [absurd])
        cursor.execute("DELETE FROM wingtel_monthly_usage WHERE subscription_id = %s", [other])
    outcome = reconcile(repair=True)
    assert (outcome.repaired, outcome.differences[0]["expected"]["used"]) == (True, USED)
    reported = client.get("/api/v1/usage/reconciliations/").json()["results"][0]["differences"]
    assert reported[0]["expected"]["used"] == USED
    assert differences() == []


def test_strategies_are_switched(strategy: Strategy, absurd: int, other: int) -> None:
    for name in strategies.NAMES:
        strategies.use(name)
        assert differences() == []
        strategies.use(strategy.name)
        assert differences() == []


def test_limits_are_evaluated(strategy: Strategy, absurd: int, other: int) -> None:
    make_limit(amount=Decimal("1.5"), starts=date(2026, 3, 1))
    evaluate()
    assert list(Alert.objects.order_by("subscription").values_list("subscription", "price")) == [
        (absurd, PAID),
        (other, Decimal("1.5")),
    ]
