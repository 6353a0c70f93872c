"""Every error is problem details."""

from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from wingtel.aggregates import queries

pytestmark = pytest.mark.django_db

PLANS = "/api/v1/plans/"


def problem(response: Any) -> dict[str, Any]:
    """Return the body of a response, checked to be problem details of its own status."""
    assert response["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert set(body) == {"type", "title", "status", "detail", "errors", "request_id"}
    assert (body["status"], body["request_id"]) == (response.status_code, response["X-Request-Id"])
    return body


def post(client: Client, body: str | bytes, content_type: str = "application/json") -> Any:
    return client.post(PLANS, body, content_type=content_type)


@pytest.mark.parametrize("path", ["/api/v1/nothing/", "/api/", "/api/v1/plans/99/", "/api/v1/plans/x/"])
def test_an_unknown_address_is_not_found(client: Client, path: str) -> None:
    body = problem(client.get(path))

    assert (body["type"], body["title"], body["status"]) == ("/problems/not-found", "Not found", 404)


def test_an_unknown_page_outside_the_api_is_html(client: Client) -> None:
    response = client.get("/nothing/")

    assert (response.status_code, response["Content-Type"]) == (404, "text/html; charset=utf-8")


@pytest.mark.parametrize("path", ["/api/v1/usage/metrics/", "/api/v1/docs/", "/api/v1/schema/", "/api/v1/health/"])
def test_a_method_that_is_not_allowed_says_so(client: Client, path: str) -> None:
    response = client.delete(path)

    assert problem(response)["type"] == "/problems/method-not-allowed"
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD, OPTIONS")


@pytest.mark.parametrize("path", ["/api/v1/usage/metrics/", "/api/v1/usage/exceeding/", "/api/v1/plans/"])
def test_options_and_head_are_answered(client: Client, path: str) -> None:
    query = {"from": "2026-06-01", "to": "2026-06-30"} if "metrics" in path else {"price_limit": "1"}

    assert client.options(path).status_code == 200
    assert client.head(path, {} if "plans" in path else query).status_code == 200


def test_a_body_of_another_type_is_not_supported(client: Client) -> None:
    response = post(client, "<plan/>", "application/xml")

    assert response.status_code == 415
    assert problem(response)["type"] == "/problems/unsupported-media-type"


def test_an_answer_of_another_type_is_not_acceptable(client: Client) -> None:
    response = client.get(PLANS, headers={"accept": "text/xml"})

    assert response.status_code == 406
    assert problem(response)["type"] == "/problems/not-acceptable"


@pytest.mark.parametrize(
    "body",
    ["{", '{"price": NaN}', '{"price": 1e999}', b"\xff\xfe", "[" * 100_000, '{"a": ' + "9" * 5000 + "}"],
    ids=["cut", "nan", "huge", "not utf-8", "nested", "long"],
)
def test_a_body_that_is_not_json_is_rejected(client: Client, body: str | bytes) -> None:
    response = post(client, body)

    assert response.status_code == 400
    assert problem(response)["type"] == "/problems/malformed-body"


def test_a_body_that_breaks_rules_names_fields_and_rules(client: Client) -> None:
    response = post(client, '{"price": "-1", "data_available": "x"}')

    assert response.status_code == 400
    assert problem(response) == {
        "type": "/problems/invalid-body",
        "title": "Invalid body",
        "status": 400,
        "detail": "Correct the fields listed in errors.",
        "errors": [
            {"field": "name", "rule": "This field is required.", "value": None},
            {"field": "price", "rule": "Ensure this value is greater than or equal to 0.", "value": "-1"},
            {"field": "data_available", "rule": "A valid integer is required.", "value": "x"},
        ],
        "request_id": response["X-Request-Id"],
    }


@pytest.mark.parametrize("value", ['"\\ud800"', '"a\\u0000b"', '["a"]', '{"a": 1}', "true", "null", f'"{"x" * 5000}"'])
def test_a_body_with_any_value_is_answered(client: Client, value: str) -> None:
    response = post(client, f'{{"name": {value}}}')

    assert response.status_code == 400
    assert [error["field"] for error in problem(response)["errors"]] == ["name"]


@pytest.mark.parametrize("body", ["[]", "7", '"x"', "null"])
def test_a_body_that_is_no_object_is_rejected(client: Client, body: str) -> None:
    response = post(client, body)

    assert response.status_code == 400
    problem(response)


def test_an_unknown_field_is_rejected(client: Client) -> None:
    assert problem(post(client, '{"name": "Basic", "prize": 3}'))["errors"] == [
        {
            "field": "prize",
            "rule": "unknown; the fields known here: id, name, price, currency, data_available, created_at, updated_at",
            "value": 3,
        }
    ]


def test_a_database_that_is_away_is_unavailable(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(**_: Any) -> None:
        raise OperationalError("connection refused by 10.0.0.1")

    monkeypatch.setattr(queries, "exceeding", away)
    response = client.get("/api/v1/usage/exceeding/?price_limit=1")

    assert response.status_code == 503
    assert problem(response)["detail"] == "The database does not answer. Try again in a few seconds."


def test_an_unexpected_error_is_answered_without_its_cause(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: Any) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(queries, "exceeding", fail)
    client.raise_request_exception = False
    response = client.get("/api/v1/usage/exceeding/?price_limit=1")

    assert response.status_code == 500
    body = problem(response)
    assert (body["type"], body["detail"]) == (
        "/problems/internal-server-error",
        "The server failed; its log says why, under the request_id.",
    )


def test_a_host_that_is_not_allowed_is_rejected(client: Client) -> None:
    response = client.get("/api/v1/plans", headers={"host": "evil.example"})

    assert response.status_code == 400
    assert problem(response)["type"] == "/problems/bad-request"
