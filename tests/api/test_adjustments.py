"""Adjustments, days, reconciliations and explanations over HTTP."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from wingtel.lifecycle.models import Reconciliation
from wingtel.subscriptions.models import Carrier, Subscription
from wingtel.usage.models import UsageAdjustment, UsageDay

from .records import answer, data, errors, pages

pytestmark = pytest.mark.django_db

ADJUSTMENTS = "/api/v1/usage/adjustments/"
DAYS = "/api/v1/usage/days/"
RECONCILIATIONS = "/api/v1/usage/reconciliations/"
PROBLEM = "application/problem+json"


@pytest.fixture
def subscription() -> int:
    return Subscription.objects.create(carrier=Carrier.ATT).pk


def send(client: Client, path: str, body: Any, status: int) -> dict[str, Any]:
    response = client.post(path, body, content_type="application/json")
    assert response.status_code == status, response.content
    answered: dict[str, Any] = response.json()
    return answered


def adjusted(client: Client, subscription: int, **values: Any) -> dict[str, Any]:
    body = {"subscription_id": subscription, "usage_type": "data", "day": "2026-03-10", "used": -3, "price": "-0.125"}
    return send(client, ADJUSTMENTS, body | {"reason": "credited", "actor": "ada"} | values, 201)


def test_an_adjustment_is_made_read_and_counted(client: Client, subscription: int) -> None:
    made = adjusted(client, subscription)
    assert made == {
        "id": made["id"],
        "subscription_id": subscription,
        "usage_type": "data",
        "unit": "kilobytes",
        "day": "2026-03-10",
        "used": -3,
        "price": "-0.1250",
        "currency": "USD",
        "reason": "credited",
        "actor": "ada",
        "created_at": made["created_at"],
        "reverses": None,
        "reversed_by": None,
    }
    assert answer(client, f"{ADJUSTMENTS}{made['id']}/") == made
    assert answer(client, ADJUSTMENTS) == {"next": None, "results": [made]}
    metrics = answer(client, "/api/v1/usage/metrics/", from_="2026-03-10", to="2026-03-10")
    assert [(row["total_usage"], row["total_price"], row["records"]) for row in metrics["results"]] == [
        (-3, "-0.1250", 0)
    ]


def test_an_adjustment_that_is_sent_again_with_its_key_is_made_once(client: Client, subscription: int) -> None:
    body = {"subscription_id": subscription, "usage_type": "data", "day": "2026-03-10", "used": -3, "price": "-0.125"}

    def sent(**values: Any) -> Any:
        reasoned = body | {"reason": "credited", "actor": "ada"} | values
        return client.post(
            ADJUSTMENTS, reasoned, content_type="application/json", headers={"Idempotency-Key": "ticket-41"}
        )

    first, second = sent(), sent()
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert (first.get("Idempotency-Replayed"), second["Idempotency-Replayed"]) == (None, "true")
    assert UsageAdjustment.objects.count() == 1
    other = sent(used=-4)
    assert (other.status_code, other.json()["type"]) == (422, "/problems/idempotency-key-reused")
    assert UsageAdjustment.objects.count() == 1


def test_an_adjustment_is_reversed_once(client: Client, subscription: int) -> None:
    made = adjusted(client, subscription)
    path = f"{ADJUSTMENTS}{made['id']}/reversal/"
    reversal = send(client, path, {"reason": "a mistake", "actor": "bob"}, 201)
    assert (reversal["used"], reversal["price"], reversal["reverses"]) == (3, "0.1250", made["id"])
    assert answer(client, f"{ADJUSTMENTS}{made['id']}/")["reversed_by"] == reversal["id"]
    problem = send(client, path, {"reason": "again", "actor": "eve"}, 409)
    assert problem["type"] == "/problems/conflict"
    assert f"by bob at {reversal['created_at'][:10]}" in problem["detail"]
    assert send(client, f"{ADJUSTMENTS}999999/reversal/", {"reason": "r", "actor": "a"}, 404)["detail"] == (
        "There is no adjustment 999999."
    )


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"subscription_id": 2**40}, "subscription_id"),
        ({"usage_type": "mms"}, "usage_type"),
        ({"day": "2026-02-30"}, "day"),
        ({"day": "0001-01-01"}, "day"),
        ({"used": 2**63}, "used"),
        ({"used": 0, "price": "0"}, "used"),
        ({"price": "0.000000001"}, "price"),
        ({"price": "NaN"}, "price"),
        ({"reason": ""}, "reason"),
        ({"actor": None}, "actor"),
        ({"quantity": 1}, "quantity"),
    ],
)
def test_a_wrong_field_is_rejected_by_name(
    client: Client, subscription: int, values: dict[str, Any], field: str
) -> None:
    body = {"subscription_id": subscription, "usage_type": "data", "day": "2026-03-10", "used": 1}
    problem = send(client, ADJUSTMENTS, body | {"reason": "r", "actor": "a"} | values, 400)
    assert (problem["type"], [error["field"] for error in problem["errors"]]) == ("/problems/invalid-body", [field])
    assert not UsageAdjustment.objects.exists()


@pytest.mark.parametrize("missing", ["subscription_id", "usage_type", "day", "reason", "actor"])
def test_a_missing_field_is_named(client: Client, subscription: int, missing: str) -> None:
    body = {"subscription_id": subscription, "usage_type": "data", "day": "2026-03-10", "used": 1}
    body |= {"reason": "r", "actor": "a"}
    del body[missing]
    assert [error["field"] for error in send(client, ADJUSTMENTS, body, 400)["errors"]] == [missing]


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_an_adjustment_is_not_changed_or_deleted(client: Client, subscription: int, method: str) -> None:
    made = adjusted(client, subscription)
    response = getattr(client, method)(f"{ADJUSTMENTS}{made['id']}/", {}, content_type="application/json")
    assert (response.status_code, response["Content-Type"]) == (405, PROBLEM)


def test_adjustments_are_filtered_and_paged(client: Client, subscription: int) -> None:
    other = Subscription.objects.create(carrier=Carrier.SPRINT).pk
    first = adjusted(client, subscription, day="2026-03-01")
    second = adjusted(client, subscription, day="2026-03-02", usage_type="voice")
    third = adjusted(client, other, day="2026-03-03")
    assert pages(client, ADJUSTMENTS, page_size=2) == [[first, second], [third]]
    assert pages(client, ADJUSTMENTS, subscription_id=other) == [[third]]
    assert pages(client, ADJUSTMENTS, usage_type="voice") == [[second]]
    assert pages(client, ADJUSTMENTS, from_="2026-03-02", to="2026-03-03") == [[second, third]]
    assert [error["parameter"] for error in errors(client, f"{ADJUSTMENTS}?state=open")] == ["state"]


def test_days_are_filtered_and_paged(client: Client) -> None:
    days = [date(2001, 3, day) for day in (1, 2, 3)]
    for day, state in zip(days, ("expired", "sealed", "sealed"), strict=True):
        made = UsageDay.objects.create(day=day, state=state)
        made.sums.create(usage_type="data", records=2, used=2**70, price=Decimal("0.5"), fingerprint=0)
    period = {"from_": "2001-03-01", "to": "2001-03-31"}
    found = [[day["day"] for day in page] for page in pages(client, DAYS, page_size=2, **period)]
    assert found == [["2001-03-01", "2001-03-02"], ["2001-03-03"]]
    assert [day["day"] for day in answer(client, DAYS, state="expired", **period)["results"]] == ["2001-03-01"]
    assert answer(client, DAYS, state="expired", **period)["results"][0] == {
        "day": "2001-03-01",
        "state": "expired",
        "sealed_at": None,
        "expired_at": None,
        "reopened_at": None,
        "reopened": 0,
        "sums": [{"usage_type": "data", "unit": "kilobytes", "records": 2, "used": 2**70, "price": "0.5000"}],
        "currency": "USD",
    }
    assert [error["parameter"] for error in errors(client, f"{DAYS}?state=closed&cursor=x")] == ["state", "cursor"]


def test_reconciliations_are_listed_the_latest_first(client: Client) -> None:
    timestamp = datetime(2026, 3, 11, tzinfo=UTC)
    numbers = [
        Reconciliation.objects.create(
            first=date(2026, 3, 1),
            last=date(2026, 3, 10),
            strategy="triggers",
            started_at=timestamp,
            finished_at=timestamp,
            keys=10,
            drift_keys=drift,
            drift_price=Decimal(drift),
        ).pk
        for drift in range(3)
    ]
    found = [[run["id"] for run in page] for page in pages(client, RECONCILIATIONS, page_size=2)]
    assert found == [[numbers[2], numbers[1]], [numbers[0]]]
    run = answer(client, f"{RECONCILIATIONS}{numbers[2]}/")
    assert (run["first"], run["last"], run["drift_keys"], run["drift_price"]) == (
        "2026-03-01",
        "2026-03-10",
        2,
        "2.0000",
    )
    assert client.get(f"{RECONCILIATIONS}{numbers[2] + 1}/").status_code == 404


def test_a_total_is_explained(client: Client, subscription: int) -> None:
    data(subscription, "2026-03-10", "0.5000", kilobytes=10)
    made = adjusted(client, subscription)
    body = answer(client, f"/api/v1/subscriptions/{subscription}/usage/2026-03-10/")
    (record,) = body["usage_types"][0].pop("records")
    assert (record["usage_date"], record["used"], record["price"]) == ("2026-03-10T12:00:00Z", 10, "0.5000")
    assert (body["subscription_id"], body["day"]["state"], body["adds_up"], body["records_gone"]) == (
        subscription,
        "open",
        True,
        False,
    )
    assert body["usage_types"][0] == {
        "usage_type": "data",
        "unit": "kilobytes",
        "recorded": {"used": 10, "price": "0.5000", "records": 1},
        "adjusted": {"used": -3, "price": "-0.1250", "adjustments": 1},
        "total": {"used": 7, "price": "0.3750", "records": 1},
        "adds_up": True,
        "adjustments": [made],
    }


def test_an_invalid_day_is_rejected(client: Client) -> None:
    (error,) = errors(client, "/api/v1/subscriptions/1/usage/2026-02-30/")
    assert (error["parameter"], error["value"]) == ("day", "2026-02-30")
