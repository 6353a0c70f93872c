"""The identifiers and plans of a subscription over time: read, assigned, moved, ended and changed."""

from typing import Any

import pytest
from django.test import Client

from tests.api.records import answer, errors, pages
from tests.api.test_resources import send
from tests.callers import client_of
from wingtel.access.scopes import Scope
from wingtel.subscriptions.models import Carrier, Plan, Subscription

pytestmark = pytest.mark.django_db

JAN, FEB, MAR, MAY = (f"2026-0{month}-01T00:00:00Z" for month in (1, 2, 3, 5))
A, B = "+12025550101", "+12025550102"


def line(carrier: Carrier = Carrier.ATT, **values: Any) -> int:
    return Subscription.objects.create(carrier=carrier, **values).pk


def identifiers(subscription: int, *rest: Any) -> str:
    return f"/api/v1/subscriptions/{subscription}/identifiers/" + "".join(f"{part}/" for part in rest)


def plans(subscription: int) -> str:
    return f"/api/v1/subscriptions/{subscription}/plans/"


def history(client: Client, subscription: int) -> list[tuple[Any, ...]]:
    results = answer(client, identifiers(subscription), kind="msisdn")["results"]
    return [(found["value"], found["valid_from"], found["valid_to"]) for found in results]


def assign(client: Client, subscription: int, status: int = 201, **body: Any) -> dict[str, Any]:
    return send(client, "post", identifiers(subscription), {"kind": "msisdn"} | body, status)


def test_an_identifier_is_assigned_ended_and_listed(client: Client) -> None:
    one = line()

    made = assign(client, one, value="(202) 555-0101", valid_from=JAN)

    assert made == {
        "id": made["id"],
        "subscription_id": one,
        "kind": "msisdn",
        "value": A,
        "valid_from": JAN,
        "valid_to": None,
        "created_at": made["created_at"],
    }
    assert answer(client, identifiers(one)) == {"next": None, "results": [made]}
    assert answer(client, f"/api/v1/att_subscriptions/{one}/")["phone_number"] == A
    ended = send(client, "post", identifiers(one, made["id"], "end"), {"at": MAR}, 200)
    assert ended == made | {"valid_to": MAR}
    assert answer(client, f"/api/v1/att_subscriptions/{one}/")["phone_number"] == ""
    assert client.post(identifiers(one, made["id"], "end"), {"at": JAN}, "application/json").status_code == 204
    assert history(client, one) == []


def test_without_a_timestamp_it_is_now_and_null_is_from_the_beginning(client: Client) -> None:
    one, other = line(), line(carrier=Carrier.SPRINT)

    assert assign(client, one, value=A)["valid_from"] > MAY
    made = assign(client, other, value=B, valid_from=None, valid_to=None)
    assert (made["valid_from"], made["valid_to"]) == (None, None)
    assert send(client, "post", identifiers(other, made["id"], "end"), {}, 200)["valid_to"] > MAY


def test_a_number_is_changed_and_moved_at_a_timestamp(client: Client) -> None:
    one, other = line(phone_number=A), line(carrier=Carrier.SPRINT)
    (former,) = answer(client, identifiers(one))["results"]

    new = assign(client, one, value=B, valid_from=FEB, replaces=former["id"])
    assert history(client, one) == [(A, None, FEB), (B, FEB, None)]
    moved = send(client, "post", identifiers(one, new["id"], "move"), {"subscription_id": other, "at": MAR}, 201)

    assert (moved["subscription_id"], moved["valid_from"]) == (other, MAR)
    assert history(client, one) == [(A, None, FEB), (B, FEB, MAR)]
    assert history(client, other) == [(B, MAR, None)]


def test_kinds_and_pages_of_the_history(client: Client) -> None:
    one = line(phone_number=A, imsi="310150123456789", iccid="8901260234567890123")

    assert [len(page) for page in pages(client, identifiers(one), page_size=2)] == [2, 1]
    assert [found["kind"] for found in answer(client, identifiers(one), kind="imsi")["results"]] == ["imsi"]
    assert [error["parameter"] for error in errors(client, f"{identifiers(one)}?kind=fax")] == ["kind"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"value": "abc"}, "value"),
        ({"value": A, "kind": "fax"}, "kind"),
        ({"value": A, "valid_from": MAR, "valid_to": MAR}, "valid_to"),
        ({"value": A, "valid_from": "yesterday"}, "valid_from"),
        ({"value": A, "replaces": 2**40}, "replaces"),
        ({"value": A, "until": MAR}, "until"),
    ],
)
def test_an_assignment_that_breaks_a_rule_is_rejected(client: Client, body: dict[str, Any], field: str) -> None:
    assert [error["field"] for error in assign(client, line(), 400, **body)["errors"]] == [field]


def test_what_ended_before_is_not_ended_later(client: Client) -> None:
    one = line()
    made = assign(client, one, value=A, valid_from=JAN, valid_to=FEB)["id"]

    for action, body in (("end", {}), ("move", {"subscription_id": line()})):
        rejected = send(client, "post", identifiers(one, made, action), body | {"at": MAR}, 409)
        assert rejected["detail"] == f"Identifier {made} ended before, at 2026-02-01T00:00:00+00:00."


def test_a_number_in_force_is_not_assigned_and_it_is_not_told_whose_it_is(client: Client) -> None:
    line(carrier=Carrier.SPRINT, phone_number=A)

    rejected = assign(client, line(), 409, value=A)

    assert rejected["detail"] == "This phone number is assigned at that time; end that assignment first, or move it."
    assert rejected["errors"] == []


def test_a_deleted_subscription_keeps_its_history(client: Client) -> None:
    one = line(phone_number=A)
    client.delete(f"/api/v1/att_subscriptions/{one}/")

    ((value, first, last),) = history(client, one)
    assert (value, first, last > MAY) == (A, None, True)
    assert "it holds nothing after that" in assign(client, one, 409, value=B, valid_from=JAN)["detail"]
    assert assign(client, one, value=B, valid_from=JAN, valid_to=FEB)["valid_to"] == FEB


def test_what_there_is_not_is_not_found(client: Client) -> None:
    one, other = line(phone_number=A), line()
    (held,) = answer(client, identifiers(one))["results"]

    for path in (identifiers(10**9), plans(10**9)):
        assert client.get(path).status_code == 404
        assert client.post(path, {}, "application/json").status_code == 404
    for action in ("end", "move"):
        assert client.post(identifiers(other, held["id"], action), {}, "application/json").status_code == 404
    rejected = send(client, "post", identifiers(one, held["id"], "move"), {"subscription_id": 10**9}, 400)
    assert [error["field"] for error in rejected["errors"]] == ["subscription_id"]


def test_a_plan_is_changed_from_a_timestamp_on_and_for_a_while(client: Client) -> None:
    old, new = (Plan.objects.create(name=name).pk for name in ("Old", "New"))
    one = line(plan_id=old)

    changed = send(client, "post", plans(one), {"plan": new, "valid_from": FEB, "valid_to": MAR}, 201)["results"]

    periods = [(found["plan"], found["valid_from"], found["valid_to"]) for found in changed]
    assert periods == [(old, None, FEB), (new, FEB, MAR), (old, MAR, None)]
    assert sorted(answer(client, plans(one))["results"], key=str) == sorted(changed, key=str)
    (last,) = send(client, "post", plans(one), {"plan": new, "valid_from": None}, 201)["results"]
    assert (last["plan"], last["valid_from"], last["valid_to"]) == (new, None, None)
    assert answer(client, f"/api/v1/att_subscriptions/{one}/")["plan"] == new
    assert send(client, "post", plans(one), {"plan": None}, 201)["results"][0]["valid_to"] > MAY


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "plan"), ({"plan": 10**9}, "plan"), ({"plan": None, "valid_from": MAR, "valid_to": JAN}, "valid_to")],
)
def test_a_change_of_plan_that_breaks_a_rule_is_rejected(client: Client, body: dict[str, Any], field: str) -> None:
    assert [error["field"] for error in send(client, "post", plans(line()), body, 400)["errors"]] == [field]


def test_a_caller_limited_to_a_carrier_sees_and_changes_its_own() -> None:
    client = client_of(Scope.ADMIN, carrier=Carrier.ATT)
    own, other = line(), line(carrier=Carrier.SPRINT)

    made = assign(client, own, value=A, valid_from=JAN)["id"]
    assert client.get(identifiers(other)).status_code == 404
    assert client.post(plans(other), {"plan": None}, "application/json").status_code == 404
    rejected = send(client, "post", identifiers(own, made, "move"), {"subscription_id": other}, 400)
    assert [error["field"] for error in rejected["errors"]] == ["subscription_id"]
    rejected = send(client, "post", "/api/v1/purchases/", {"amount": "1"}, 400)
    assert [error["field"] for error in rejected["errors"]] == ["subscription"]


def test_reading_needs_one_scope_and_changing_another() -> None:
    client, one = client_of(Scope.READ), line()

    assert client.get(identifiers(one)).status_code == 200
    assert client.post(identifiers(one), {}, "application/json").status_code == 403
    assert client.post(plans(one), {}, "application/json").status_code == 403
