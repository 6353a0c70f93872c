"""Conventions of every reply: pages, compression, origins, entity tags."""

import gzip
import json
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from tests.api.records import EXCEEDING, METRICS, answer, data
from tests.api.test_errors import problem
from tests.callers import client_of
from wingtel.access.scopes import Scope
from wingtel.subscriptions.models import Plan

pytestmark = pytest.mark.django_db

PLANS = "/api/v1/plans/"
SCHEMA = "/api/v1/schema/"
ORIGIN = "https://app.example.com"
JUNE = {"from_": "2026-06-01", "to": "2026-06-30"}


def follow(client: Client, body: dict[str, Any], found: list[int], key: str = "subscription_id") -> None:
    """Add the results of a page and of all that follow."""
    found += [result[key] for result in body["results"]]
    while body["next"]:
        body = answer(client, body["next"])
        found += [result[key] for result in body["results"]]


@pytest.mark.parametrize("period", [{}, JUNE, {"from_": "2026-06-02", "to": "2026-07-15"}])
def test_what_keeps_its_place_is_seen_once_while_others_move(client: Client, period: dict[str, str]) -> None:
    for subscription in range(1, 10):
        data(subscription, "2026-06-10", str(subscription * 10))
    first = answer(client, EXCEEDING, price_limit="5", page_size=3, **period)
    seen = [result["subscription_id"] for result in first["results"]]
    assert seen == [9, 8, 7]

    data(1, "2026-06-11", "985")  # from the end to before the first page
    data(9, "2026-06-11", "-45")  # from the first page to 45, on the second
    data(10, "2026-06-11", "55")  # a new one, between 6 and 5
    data(11, "2026-06-11", "1000")  # a new one, before the first page

    follow(client, answer(client, first["next"]), seen)
    assert seen == [9, 8, 7, 6, 10, 5, 9, 4, 3, 2]
    assert {subscription: seen.count(subscription) for subscription in range(2, 9)} == dict.fromkeys(range(2, 9), 1)


def test_metrics_go_on_after_the_last_subscription_whatever_comes_before_it(client: Client) -> None:
    for subscription in (2, 4, 6, 8):
        data(subscription, "2026-06-10", "1")
    first = answer(client, METRICS, page_size=2, **JUNE)
    seen = [result["subscription_id"] for result in first["results"]]

    for subscription in (1, 3, 5, 9):
        data(subscription, "2026-06-10", "1")

    follow(client, answer(client, first["next"]), seen)
    assert seen == [2, 4, 5, 6, 8, 9]


def test_a_list_goes_on_where_its_last_row_was_deleted(client: Client) -> None:
    plans = [Plan.objects.create(name=f"plan {number}").pk for number in range(5)]
    first = answer(client, PLANS, page_size=2)
    seen = [result["id"] for result in first["results"]]

    Plan.objects.filter(pk__in=plans[1:3]).delete()
    late = Plan.objects.create(name="late").pk

    follow(client, answer(client, first["next"]), seen, key="id")
    assert seen == [*plans[:2], *plans[3:], late]


def test_long_replies_to_keys_are_compressed(client: Client, admin_client: Client) -> None:
    Plan.objects.bulk_create(Plan(name=f"plan {number}", price=Decimal(1)) for number in range(50))
    gzip_header = {"accept-encoding": "gzip"}

    response = client.get(PLANS, headers=gzip_header)
    assert response["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(response.content)) == answer(client, PLANS)
    assert "Content-Encoding" not in client.get(PLANS)
    assert "Content-Encoding" not in admin_client.get(PLANS, headers=gzip_header)  # a session: BREACH
    assert "Content-Encoding" not in client.get("/login/", headers=gzip_header)


def test_no_cache_stores_a_reply_to_a_key(client: Client) -> None:
    assert client.get(PLANS)["Cache-Control"] == "no-store"
    assert client.get(f"{PLANS}1/")["Cache-Control"] == "no-store"


@pytest.mark.parametrize("form", ["application/vnd.oai.openapi+json", "application/vnd.oai.openapi"])
def test_a_schema_that_is_there_already_is_not_sent_again(nobody: Client, form: str) -> None:
    first = nobody.get(SCHEMA, headers={"accept": form})
    assert first["Content-Type"] == f"{form}; charset=utf-8"

    second = nobody.get(SCHEMA, headers={"accept": form, "if-none-match": first["ETag"]})

    assert (second.status_code, second.content, second["ETag"]) == (304, b"", first["ETag"])
    assert nobody.get(SCHEMA, headers={"accept": form, "if-none-match": '"other"'}).content == first.content


def test_forms_of_the_schema_have_entity_tags_of_their_own(nobody: Client) -> None:
    tags = {nobody.get(SCHEMA, headers={"accept": form})["ETag"] for form in ("application/json", "application/yaml")}

    assert len(tags) == 2


def test_no_other_origin_may_call_unless_it_is_named(nobody: Client, settings: Any) -> None:
    preflight = {"origin": ORIGIN, "access-control-request-method": "GET"}
    assert "Access-Control-Allow-Origin" not in nobody.options(PLANS, headers=preflight)

    settings.CORS_ALLOWED_ORIGINS = [ORIGIN]

    response = nobody.options(PLANS, headers=preflight | {"access-control-request-headers": "authorization"})
    assert (response.status_code, response["Access-Control-Allow-Origin"]) == (200, ORIGIN)
    assert {"authorization", "idempotency-key", "x-request-id"} <= set(
        response["Access-Control-Allow-Headers"].split(", ")
    )
    assert "Access-Control-Allow-Credentials" not in response
    other = nobody.options(PLANS, headers=preflight | {"origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in other


def test_replies_and_errors_may_be_read_by_a_named_origin(settings: Any) -> None:
    settings.CORS_ALLOWED_ORIGINS = [ORIGIN]

    for client, status in ((client_of(Scope.READ), 200), (Client(), 401)):
        response = client.get(PLANS, headers={"origin": ORIGIN})
        assert (response.status_code, response["Access-Control-Allow-Origin"]) == (status, ORIGIN)
        assert "x-request-id" in response["Access-Control-Expose-Headers"]


def test_a_body_beyond_what_anything_needs_is_too_large(client: Client) -> None:
    response = client.post(PLANS, '{"name": "' + "x" * 2**20 + '"}', content_type="application/json")

    assert response.status_code == 413
    assert problem(response)["type"] == "/problems/too-large"


@pytest.mark.parametrize("path", ["0", "01", "-1", "9223372036854775808", "1.0", "x"])
def test_what_cannot_be_an_id_is_not_found(client: Client, path: str) -> None:
    for address in (f"{PLANS}{path}/", f"/api/v1/subscriptions/{path}/usage/"):
        response = client.get(address)
        assert response.status_code == 404
        problem(response)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": 5}, "name"),
        ({"name": "\u0019"}, "name"),
        ({"name": "New", "price": 1.5}, "price"),
        ({"name": "New", "price": "1e2"}, "price"),
        ({"name": "New", "price": " 1"}, "price"),
        ({"name": "New", "price": "1_0"}, "price"),
        ({"name": "New", "data_available": "5"}, "data_available"),
        ({"name": "New", "data_available": True}, "data_available"),
        ({"name": "New", "data_available": 1.5}, "data_available"),
    ],
)
def test_values_are_what_the_schema_says_and_nothing_like_it(client: Client, body: dict[str, Any], field: str) -> None:
    response = client.post(PLANS, body, content_type="application/json")

    assert response.status_code == 400
    assert [error["field"] for error in problem(response)["errors"]] == [field]


@pytest.mark.parametrize(
    "timestamp",
    ["2026-03-01", "2026-03-01T09:30:00", "20260301T093000Z", "2026-W09-7T09:30:00Z", "0001-01-01T00:00:00+14:00", 5],
)
def test_a_timestamp_has_its_offset(client: Client, timestamp: Any) -> None:
    response = client.post("/api/v1/att_subscriptions/", {"effective_date": timestamp}, content_type="application/json")

    assert response.status_code == 400
    assert [error["field"] for error in problem(response)["errors"]] == ["effective_date"]
