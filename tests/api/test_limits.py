"""Limits, alerts and webhooks over HTTP."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from standardwebhooks import Webhook

from tests.limits.made import STARTS, limit, subscription, use
from tests.limits.receiver import Receiver, receiving
from wingtel.limits.evaluation import evaluate
from wingtel.limits.models import PriceLimit
from wingtel.notifications.delivery import Sent, deliver_due
from wingtel.notifications.endpoints import add_endpoint
from wingtel.notifications.models import Delivery, WebhookEndpoint
from wingtel.subscriptions.models import Plan

from .records import answer, errors, pages

pytestmark = pytest.mark.django_db

LIMITS = "/api/v1/limits/"
ALERTS = "/api/v1/alerts/"
ENDPOINTS = "/api/v1/webhooks/endpoints/"
DELIVERIES = "/api/v1/webhooks/deliveries/"
URL = "https://hook.example.org/alerts"


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.WINGTEL_WEBHOOK_ALLOW_PRIVATE = True
    with receiving() as found:
        yield found


def send(client: Client, method: str, path: str, body: Any, status: int) -> Any:
    response = getattr(client, method)(path, body, content_type="application/json")
    assert response.status_code == status, response.content
    return response.json() if response.content else None


def test_a_limit_is_made_read_changed_and_removed(client: Client) -> None:
    one = subscription()
    body = {"name": "roaming", "subscription": one, "usage_type": "data", "period": "cycle", "amount": "25"}
    body |= {"thresholds": [90, 80, 100, 80], "emails": ["ada@example.org"], "starts": "2026-03-01"}
    made = send(client, "post", LIMITS, body, 201)
    assert made == {
        **body,
        "id": made["id"],
        "plan": None,
        "amount": "25.0000",
        "currency": "USD",
        "thresholds": [80, 90],
        "pending": True,
        "created_at": made["created_at"],
    }
    path = f"{LIMITS}{made['id']}/"
    assert answer(client, path) == made
    changed = send(client, "patch", path, {"amount": "30.5", "starts": "2026-03-02"}, 200)
    assert (changed["amount"], changed["starts"], changed["thresholds"]) == ("30.5000", "2026-03-02", [80, 90])
    send(client, "delete", path, None, 204)
    assert client.get(path).status_code == 404
    assert answer(client, LIMITS)["results"] == []
    assert PriceLimit.objects.count() == 1


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"amount": "0"}, "amount"),
        ({"amount": "-1"}, "amount"),
        ({"amount": "1.00001"}, "amount"),
        ({"amount": None}, "amount"),
        ({"thresholds": [0]}, "thresholds.0"),
        ({"emails": ["nobody"]}, "emails.0"),
        ({"period": "week"}, "period"),
        ({"usage_type": "mms"}, "usage_type"),
        ({"plan": 999_999}, "plan"),
        ({"starts": "2026-02-30"}, "starts"),
        ({"pending": False, "limit": 3}, "limit"),
    ],
)
def test_a_limit_that_cannot_be_is_rejected_by_field(client: Client, values: dict[str, Any], field: str) -> None:
    problem = send(client, "post", LIMITS, {"amount": "25"} | values, 400)
    assert [error["field"] for error in problem["errors"]] == [field]
    assert not PriceLimit.objects.exists()


def test_a_limit_is_of_a_plan_or_of_a_subscription(client: Client) -> None:
    plan = Plan.objects.create(name="one")
    problem = send(client, "post", LIMITS, {"amount": "1", "plan": plan.pk, "subscription": subscription()}, 400)
    assert [error["field"] for error in problem["errors"]] == ["plan"]
    of_one = limit(subscription_id=subscription())
    problem = send(client, "patch", f"{LIMITS}{of_one.pk}/", {"plan": plan.pk}, 400)
    assert [error["field"] for error in problem["errors"]] == ["plan"]


def test_limits_are_filtered_and_paged(client: Client) -> None:
    plan, one = Plan.objects.create(name="one"), subscription()
    everybody, of_plan, of_one = limit(), limit(plan_id=plan.pk), limit(subscription_id=one)
    assert [[found["id"] for found in page] for page in pages(client, LIMITS, page_size=2)] == [
        [everybody.pk, of_plan.pk],
        [of_one.pk],
    ]
    assert [found["id"] for found in answer(client, LIMITS, plan_id=plan.pk)["results"]] == [of_plan.pk]
    assert [found["id"] for found in answer(client, LIMITS, subscription_id=one)["results"]] == [of_one.pk]


def test_a_plan_with_a_limit_is_not_deleted(client: Client) -> None:
    plan = Plan.objects.create(name="one")
    limit(plan_id=plan.pk)
    problem = send(client, "delete", f"/api/v1/plans/{plan.pk}/", None, 409)
    assert f"Plan {plan.pk} is in use" in problem["detail"]


def test_alerts_are_listed_filtered_and_paged(client: Client) -> None:
    made, other = limit("25", thresholds=[80]), limit("25", period="cycle", usage_type="voice")
    one, two = subscription(phone_number="+12025550100", external_id="crm-1"), subscription()
    use(one, "2026-03-10", "20")
    use(two, "2026-04-10", "25", "voice")
    evaluate()
    found = answer(client, ALERTS)["results"]
    assert [(alert["limit_id"], alert["subscription_id"], alert["threshold_percent"]) for alert in found] == [
        (other.pk, two, 100),
        (made.pk, two, 100),
        (made.pk, two, 80),
        (made.pk, one, 80),
    ]
    assert found[-1] == {
        "id": found[-1]["id"],
        "limit_id": made.pk,
        "subscription_id": one,
        "phone_number": "+12025550100",
        "external_id": "crm-1",
        "usage_type": None,
        "period": "month",
        "first": "2026-03-01",
        "last": "2026-03-31",
        "threshold_percent": 80,
        "threshold_amount": "20.000000",
        "price": "20.0000",
        "currency": "USD",
        "state": "open",
        "opened_at": found[-1]["opened_at"],
        "resolved_at": None,
        "resolved_price": None,
    }
    assert pages(client, ALERTS, page_size=3) == [found[:3], found[3:]]
    assert answer(client, ALERTS, subscription_id=one)["results"] == found[3:]
    assert answer(client, ALERTS, limit_id=other.pk)["results"] == found[:1]
    assert answer(client, ALERTS, threshold_percent=80)["results"] == found[2:]
    assert answer(client, ALERTS, from_="2026-04-01")["results"] == found[:3]
    assert answer(client, ALERTS, to="2026-03-31")["results"] == found[3:]
    assert answer(client, ALERTS, state="resolved")["results"] == []
    assert answer(client, ALERTS, state="open")["results"] == found
    assert answer(client, f"{ALERTS}{found[0]['id']}/") == found[0]
    assert [error["parameter"] for error in errors(client, f"{ALERTS}?state=closed")] == ["state"]
    assert [error["parameter"] for error in errors(client, f"{ALERTS}?threshold_percent=0")] == ["threshold_percent"]


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_an_alert_is_not_written_by_hand(client: Client, method: str) -> None:
    limit("25")
    use(subscription(), "2026-03-10", "25")
    evaluate()
    path = f"{ALERTS}{answer(client, ALERTS)['results'][0]['id']}/"
    send(client, method, path, {}, 405)


def test_an_endpoint_shows_its_secret_once(client: Client) -> None:
    made = send(client, "post", ENDPOINTS, {"url": URL, "description": "billing"}, 201)
    secret = made.pop("secret")
    assert secret.startswith("whsec_")
    assert Webhook(secret)
    assert made == {
        "id": made["id"],
        "url": URL,
        "description": "billing",
        "enabled": True,
        "disabled_because": "",
        "previous_until": None,
        "created_at": made["created_at"],
    }
    path = f"{ENDPOINTS}{made['id']}/"
    assert answer(client, path) == made
    assert answer(client, ENDPOINTS)["results"] == [made]
    rotated = send(client, "post", f"{path}secret/", None, 201)
    assert rotated["secret"] not in {secret, ""}
    assert rotated["previous_until"]
    assert send(client, "patch", path, {"enabled": False}, 200)["enabled"] is False
    send(client, "delete", path, None, 204)
    assert not WebhookEndpoint.objects.exists()


@pytest.mark.parametrize("url", ["http://example.org/", "https://127.0.0.1/", "https://a:b@example.org/", "nowhere"])
def test_an_endpoint_that_nothing_is_sent_to_is_rejected(client: Client, url: str) -> None:
    problem = send(client, "post", ENDPOINTS, {"url": url}, 400)
    assert [error["field"] for error in problem["errors"]] == ["url"]
    assert not WebhookEndpoint.objects.exists()


def test_a_secret_is_not_taken_from_outside(client: Client) -> None:
    problem = send(client, "post", ENDPOINTS, {"url": URL, "secret": "whsec_AAAA"}, 400)
    assert [error["field"] for error in problem["errors"]] == ["secret"]


def test_deliveries_are_listed_and_replayed(client: Client, receiver: Receiver) -> None:
    made, other = add_endpoint(receiver.url), add_endpoint(receiver.url)
    limit("25")
    use(subscription(), "2026-03-10", "25")
    evaluate()
    receiver.answer(500)
    Delivery.objects.update(attempts=9)
    assert deliver_due() == Sent(failed=2)
    found = answer(client, DELIVERIES)["results"]
    assert [delivery["endpoint_id"] for delivery in found] == [other.pk, made.pk]
    assert found[1] == {
        "id": found[1]["id"],
        "alert_id": found[1]["alert_id"],
        "event": "alert.opened",
        "endpoint_id": made.pk,
        "email": None,
        "state": "failed",
        "attempts": 10,
        "due_at": None,
        "created_at": found[1]["created_at"],
        "delivered_at": None,
        "response_status": 500,
        "error": "answered 500",
    }
    receiver.answer(204)
    replayed = send(client, "post", f"{DELIVERIES}{found[1]['id']}/replay/", None, 200)
    assert (replayed["state"], replayed["attempts"], replayed["error"]) == ("due", 0, "")
    assert deliver_due() == Sent(delivered=1)
    assert answer(client, DELIVERIES, state="delivered")["results"][0]["id"] == found[1]["id"]
    assert answer(client, DELIVERIES, state="failed", endpoint_id=other.pk)["results"] == found[:1]
    assert client.post(f"{DELIVERIES}999999/replay/").status_code == 404


def test_a_limit_starts_when_it_says(client: Client) -> None:
    made = send(client, "post", LIMITS, {"amount": "25", "starts": STARTS.isoformat()}, 201)
    use(subscription(), "2026-02-10", "25")
    use(subscription(), "2026-03-10", "25")
    evaluate()
    assert [alert["limit_id"] for alert in answer(client, ALERTS)["results"]] == [made["id"]]
