"""Plans, purchases and subscriptions: create, read, change, delete."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from wingtel.subscriptions.models import Carrier, Plan, Purchase, Subscription

from .records import answer, errors, pages

pytestmark = pytest.mark.django_db

ATT = "/api/v1/att_subscriptions/"
SPRINT = "/api/v1/sprint_subscriptions/"
PLANS = "/api/v1/plans/"
PURCHASES = "/api/v1/purchases/"


def send(client: Client, method: str, path: str, body: dict[str, Any], status: int) -> dict[str, Any]:
    response = getattr(client, method)(path, body, content_type="application/json")
    assert response.status_code == status, response.content
    answered: dict[str, Any] = response.json()
    return answered


def test_a_plan_is_created_read_changed_and_deleted(client: Client) -> None:
    created = send(client, "post", PLANS, {"name": "Basic", "price": "9.99", "data_available": 2**40}, 201)
    path = f"{PLANS}{created['id']}/"

    assert created == {
        "id": created["id"],
        "name": "Basic",
        "price": "9.9900",
        "currency": "USD",
        "data_available": 2**40,
    }
    assert answer(client, path) == created
    assert answer(client, PLANS) == {"next": None, "results": [created]}
    assert send(client, "patch", path, {"price": "10"}, 200)["price"] == "10.0000"
    assert send(client, "put", path, created, 200) == created
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404


def test_a_plan_in_use_is_not_deleted(client: Client) -> None:
    plan = Plan.objects.create(name="Basic")
    Subscription.objects.create(carrier=Carrier.ATT, plan=plan)

    response = client.delete(f"{PLANS}{plan.pk}/")

    assert (response.status_code, response["Content-Type"]) == (409, "application/problem+json")
    assert response.json() == {
        "type": "/problems/conflict",
        "title": "Conflict",
        "status": 409,
        "detail": f"Plan {plan.pk} is in use. Subscriptions and price limits that have it, deleted ones included: 1. "
        "Give them another plan first.",
        "errors": [],
        "request_id": response["X-Request-Id"],
    }
    assert Plan.objects.filter(pk=plan.pk).exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "Basic"}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"name": "New", "price": "-0.01"}, "price"),
        ({"name": "New", "price": "1.00001"}, "price"),
        ({"name": "New", "price": "NaN"}, "price"),
        ({"name": "New", "price": "99999999999"}, "price"),
        ({"name": "New", "data_available": 2**63}, "data_available"),
    ],
)
def test_a_plan_that_breaks_a_rule_is_refused(client: Client, body: dict[str, Any], field: str) -> None:
    Plan.objects.create(name="Basic")

    assert [fault["field"] for fault in send(client, "post", PLANS, body, 400)["errors"]] == [field]


@pytest.mark.parametrize(
    ("path", "carrier", "own", "other"),
    [
        (ATT, "att", {"network_type": "5G"}, {"sprint_id": "S1"}),
        (SPRINT, "sprint", {"sprint_id": "S1"}, {"network_type": "5G"}),
    ],
)
def test_a_subscription_is_created_read_changed_and_deleted(
    client: Client, path: str, carrier: str, own: dict[str, str], other: dict[str, str]
) -> None:
    plan, owner = Plan.objects.create(name="Basic"), User.objects.create(username="owner")
    body = {
        "status": "active",
        "owner": owner.pk,
        "plan": plan.pk,
        "device_id": "D1",
        "phone_number": "+15551234567",
        "phone_model": "Brick",
        "effective_date": "2026-06-01T00:00:00Z",
    } | own

    created = send(client, "post", path, body, 201)
    one = f"{path}{created['id']}/"

    assert created == body | {"id": created["id"], "carrier": carrier}
    assert answer(client, one) == created
    assert answer(client, path)["results"] == [created]
    assert send(client, "patch", one, {"status": "suspended"}, 200)["status"] == "suspended"
    assert send(client, "put", one, created, 200) == created
    assert [fault["field"] for fault in send(client, "patch", one, other, 400)["errors"]] == list(other)
    assert client.delete(one).status_code == 204
    assert client.get(one).status_code == 404
    assert answer(client, path)["results"] == []
    assert Subscription.objects.get(pk=created["id"]).deleted_at is not None


@pytest.mark.parametrize("path", [ATT, SPRINT])
def test_a_new_subscription_needs_nothing(client: Client, path: str) -> None:
    created = send(client, "post", path, {}, 201)

    assert (created["status"], created["owner"], created["plan"]) == ("new", None, None)


def test_a_subscription_is_seen_and_changed_by_its_own_carrier_only(client: Client) -> None:
    att, sprint = (Subscription.objects.create(carrier=carrier) for carrier in (Carrier.ATT, Carrier.SPRINT))

    assert [row["id"] for row in answer(client, ATT)["results"]] == [att.pk]
    assert [row["id"] for row in answer(client, SPRINT)["results"]] == [sprint.pk]
    assert client.get(f"{ATT}{sprint.pk}/").status_code == 404
    assert client.delete(f"{SPRINT}{att.pk}/").status_code == 404
    send(client, "patch", f"{SPRINT}{att.pk}/", {"status": "active"}, 404)


def test_the_carrier_is_not_writable(client: Client) -> None:
    assert send(client, "post", ATT, {"carrier": "sprint"}, 201)["carrier"] == "att"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"status": "dead"}, "status"),
        ({"plan": 99}, "plan"),
        ({"plan": 2**70}, "plan"),
        ({"plan": True}, "plan"),
        ({"owner": 99}, "owner"),
        ({"effective_date": "yesterday"}, "effective_date"),
        ({"effective_date": "0001-01-01T00:00:00+14:00"}, "effective_date"),
    ],
)
def test_a_subscription_that_breaks_a_rule_is_refused(client: Client, body: dict[str, Any], field: str) -> None:
    assert [fault["field"] for fault in send(client, "post", ATT, body, 400)["errors"]] == [field]


def test_a_purchase_is_created_read_changed_and_deleted(client: Client) -> None:
    subscription = Subscription.objects.create(carrier=Carrier.ATT)

    created = send(client, "post", PURCHASES, {"subscription": subscription.pk, "amount": "12.50"}, 201)
    path = f"{PURCHASES}{created['id']}/"

    assert created == {
        "id": created["id"],
        "subscription": subscription.pk,
        "status": "pending",
        "amount": "12.5000",
        "currency": "USD",
        "payment_date": None,
    }
    assert answer(client, path) == created
    assert send(client, "patch", path, {"status": "complete"}, 200)["status"] == "complete"
    assert send(client, "put", path, created, 200) == created
    assert client.delete(path).status_code == 204
    assert answer(client, PURCHASES)["results"] == []


def test_purchases_of_a_subscription_may_be_listed(client: Client) -> None:
    subscriptions = [Subscription.objects.create(carrier=Carrier.ATT) for _ in range(3)]
    for subscription in subscriptions:
        Purchase.objects.create(subscription=subscription, amount=1)

    listed = answer(client, PURCHASES, subscription_id=[subscriptions[0].pk, subscriptions[2].pk])["results"]

    assert [row["subscription"] for row in listed] == [subscriptions[0].pk, subscriptions[2].pk]


@pytest.mark.parametrize("amount", ["-1", None, "x"])
def test_a_purchase_with_a_bad_amount_is_refused(client: Client, amount: str | None) -> None:
    subscription = Subscription.objects.create(carrier=Carrier.ATT)

    refused = send(client, "post", PURCHASES, {"subscription": subscription.pk, "amount": amount}, 400)

    assert [fault["field"] for fault in refused["errors"]] == ["amount"]


def test_nothing_is_purchased_for_a_deleted_subscription(client: Client) -> None:
    subscription = Subscription.objects.create(carrier=Carrier.ATT)
    subscription.delete_softly()

    refused = send(client, "post", PURCHASES, {"subscription": subscription.pk, "amount": "1"}, 400)

    assert [fault["field"] for fault in refused["errors"]] == ["subscription"]


def test_pages_of_a_list_hold_every_row_once(client: Client) -> None:
    ids = [Plan.objects.create(name=f"Plan {number}").pk for number in range(7)]

    found = pages(client, PLANS, page_size=3)

    assert [len(page) for page in found] == [3, 3, 1]
    assert [row["id"] for page in found for row in page] == ids


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("page_size=0", "page_size"),
        ("cursor=x", "cursor"),
        ("cursor=WyJ4Il0", "cursor"),
        ("cursor=WzEsMl0", "cursor"),
        ("cursor=W10", "cursor"),
    ],
)
def test_bad_parameters_of_a_list_are_refused(client: Client, query: str, name: str) -> None:
    assert [fault["parameter"] for fault in errors(client, f"{PLANS}?{query}")] == [name]


@pytest.mark.parametrize("path", [PLANS, PURCHASES, ATT, SPRINT])
def test_an_id_beyond_bigint_is_not_found(client: Client, path: str) -> None:
    assert client.get(f"{path}{2**63}/").status_code == 404
