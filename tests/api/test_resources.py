"""Plans, purchases and subscriptions: create, read, change, delete."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from wingtel.subscriptions.models import Carrier, Plan, Purchase, Subscription

from .records import answer, errors, pages

pytestmark = pytest.mark.django_db

ATT = "/api/v1/att_subscriptions/"
SPRINT = "/api/v1/sprint_subscriptions/"
PLANS = "/api/v1/plans/"
PURCHASES = "/api/v1/purchases/"


def without_times(body: dict[str, Any]) -> dict[str, Any]:
    """Return a body without the times set by the database, which are checked."""
    created, updated = (datetime.fromisoformat(body[name]) for name in ("created_at", "updated_at"))
    assert timezone.now() - timedelta(minutes=5) < created <= updated <= timezone.now()
    return {name: value for name, value in body.items() if name not in ("created_at", "updated_at")}


def send(client: Client, method: str, path: str, body: dict[str, Any], status: int) -> dict[str, Any]:
    response = getattr(client, method)(path, body, content_type="application/json")
    assert response.status_code == status, response.content
    answered: dict[str, Any] = response.json()
    return answered


def test_a_plan_is_created_read_changed_and_deleted(client: Client) -> None:
    created = send(client, "post", PLANS, {"name": "Basic", "price": "9.99", "data_available": 2**40}, 201)
    path = f"{PLANS}{created['id']}/"

    shown = {
        "id": created["id"],
        "name": "Basic",
        "price": "9.9900",
        "currency": "USD",
        "data_available": 2**40,
    }
    assert without_times(created) == shown
    assert answer(client, path) == created
    assert answer(client, PLANS) == {"next": None, "results": [created]}
    assert send(client, "patch", path, {"price": "10"}, 200)["price"] == "10.0000"
    assert without_times(send(client, "put", path, created, 200)) == shown
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
        "detail": f"Plan {plan.pk} is in use, or was: subscriptions or price limits, deleted ones included, keep it on "
        "record.",
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
def test_a_plan_that_breaks_a_rule_is_rejected(client: Client, body: dict[str, Any], field: str) -> None:
    Plan.objects.create(name="Basic")

    assert [error["field"] for error in send(client, "post", PLANS, body, 400)["errors"]] == [field]


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
        "imsi": "310150123456789",
        "iccid": "8901260234567890123",
        "external_id": "crm-1",
        "phone_model": "Brick",
        "effective_date": "2026-06-01T00:00:00Z",
    } | own

    created = send(client, "post", path, body, 201)
    one = f"{path}{created['id']}/"

    shown = body | {"id": created["id"], "carrier": carrier}
    assert without_times(created) == shown
    assert answer(client, one) == created
    assert answer(client, path)["results"] == [created]
    assert send(client, "patch", one, {"status": "suspended"}, 200)["status"] == "suspended"
    assert without_times(send(client, "put", one, created, 200)) == shown
    assert [error["field"] for error in send(client, "patch", one, other, 400)["errors"]] == list(other)
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
def test_a_subscription_that_breaks_a_rule_is_rejected(client: Client, body: dict[str, Any], field: str) -> None:
    assert [error["field"] for error in send(client, "post", ATT, body, 400)["errors"]] == [field]


def test_a_purchase_is_created_read_changed_and_deleted(client: Client) -> None:
    subscription = Subscription.objects.create(carrier=Carrier.ATT)

    created = send(client, "post", PURCHASES, {"subscription": subscription.pk, "amount": "12.50"}, 201)
    path = f"{PURCHASES}{created['id']}/"

    shown = {
        "id": created["id"],
        "user": None,
        "subscription": subscription.pk,
        "status": "pending",
        "amount": "12.5000",
        "currency": "USD",
        "payment_date": None,
    }
    assert without_times(created) == shown
    assert answer(client, path) == created
    assert send(client, "patch", path, {"status": "complete"}, 200)["status"] == "complete"
    assert without_times(send(client, "put", path, created, 200)) == shown
    assert client.delete(path).status_code == 204
    assert answer(client, PURCHASES)["results"] == []


def test_a_purchase_is_of_a_user_or_a_subscription(client: Client) -> None:
    user = User.objects.create(username="buyer").pk

    created = send(client, "post", PURCHASES, {"user": user, "amount": "5"}, 201)
    assert (created["user"], created["subscription"]) == (user, None)
    rejected = send(client, "post", PURCHASES, {"amount": "5"}, 400)
    assert rejected["errors"] == [
        {"field": "user", "rule": "a purchase has a user, a subscription or both", "value": None}
    ]
    send(client, "patch", f"{PURCHASES}{created['id']}/", {"user": None}, 400)


def test_an_identifier_is_kept_in_its_normal_form(client: Client) -> None:
    body = {"phone_number": "(202) 555-0100", "iccid": "8901 2602 3456 7890 123F", "imsi": "310-150-123456789"}

    created = send(client, "post", ATT, body, 201)

    assert [created[name] for name in body] == ["+12025550100", "8901260234567890123", "310150123456789"]


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("phone_number", "anonymous", "'anonymous' is not a valid phone number: 7 to 15 digits with the calling code"),
        ("imsi", "1", "'1' is not a valid IMSI: 6 to 15 digits"),
        ("iccid", "1", "'1' is not a valid ICCID: 18 to 22 digits"),
        ("device_id", "x" * 41, f"'{'x' * 41}' is not a valid device id: a text of 1 to 40 characters"),
    ],
)
def test_what_is_no_identifier_is_rejected(client: Client, field: str, value: str, rule: str) -> None:
    rejected = send(client, "post", ATT, {field: value}, 400)

    assert rejected["errors"] == [{"field": field, "rule": rule, "value": value}]


@pytest.mark.parametrize("field", ["phone_number", "device_id"])
def test_an_identifier_in_force_is_not_taken_and_it_is_not_told_whose_it_is(client: Client, field: str) -> None:
    send(client, "post", SPRINT, {field: "12025550100"}, 201)
    own = send(client, "post", ATT, {}, 201)["id"]
    label = {"phone_number": "phone number", "device_id": "device id"}[field]

    for method, path in (("post", ATT), ("patch", f"{ATT}{own}/")):
        rejected = send(client, method, path, {field: "12025550100"}, 409)
        assert (rejected["detail"], rejected["errors"]) == (
            f"{field}: this {label} is assigned at that time; end that assignment first, or move it.",
            [],
        )
    assert Subscription.objects.carried_by(Carrier.ATT).get().phone_number == ""


def test_purchases_of_a_subscription_may_be_listed(client: Client) -> None:
    subscriptions = [Subscription.objects.create(carrier=Carrier.ATT) for _ in range(3)]
    for subscription in subscriptions:
        Purchase.objects.create(subscription=subscription, amount=1)

    listed = answer(client, PURCHASES, subscription_id=[subscriptions[0].pk, subscriptions[2].pk])["results"]

    assert [row["subscription"] for row in listed] == [subscriptions[0].pk, subscriptions[2].pk]


@pytest.mark.parametrize("amount", ["-1", None, "x"])
def test_a_purchase_with_a_bad_amount_is_rejected(client: Client, amount: str | None) -> None:
    subscription = Subscription.objects.create(carrier=Carrier.ATT)

    rejected = send(client, "post", PURCHASES, {"subscription": subscription.pk, "amount": amount}, 400)

    assert [error["field"] for error in rejected["errors"]] == ["amount"]


def test_nothing_is_purchased_for_a_deleted_subscription(client: Client) -> None:
    subscription = Subscription.objects.create(carrier=Carrier.ATT)
    subscription.delete_softly()

    rejected = send(client, "post", PURCHASES, {"subscription": subscription.pk, "amount": "1"}, 400)

    assert [error["field"] for error in rejected["errors"]] == ["subscription"]


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
def test_bad_parameters_of_a_list_are_rejected(client: Client, query: str, name: str) -> None:
    assert [error["parameter"] for error in errors(client, f"{PLANS}?{query}")] == [name]


@pytest.mark.parametrize("path", [PLANS, PURCHASES, ATT, SPRINT])
def test_an_id_beyond_bigint_is_not_found(client: Client, path: str) -> None:
    assert client.get(f"{path}{2**63}/").status_code == 404
