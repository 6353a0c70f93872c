"""The schema, its pages, and the health of the server."""

import json

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client

pytestmark = pytest.mark.django_db

PROBLEM = "application/problem+json"


def test_the_schema_is_valid_and_without_warnings(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("spectacular", validate=True, fail_on_warn=True, format="openapi-json")

    assert json.loads(capsys.readouterr().out)["openapi"] == "3.1.0"


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        (
            "/api/v1/usage/exceeding/",
            {"price_limit", "usage_type", "from", "to", "subscription_id", "format", "page_size", "cursor"},
        ),
        ("/api/v1/usage/metrics/", {"usage_type", "from", "to", "subscription_id", "format", "page_size", "cursor"}),
        ("/api/v1/subscriptions/{id}/usage/", {"id", "usage_type", "from", "to", "granularity", "format"}),
    ],
)
def test_the_usage_answers_are_documented(client: Client, path: str, parameters: set[str]) -> None:
    operation = client.get("/api/v1/schema/", headers={"accept": "application/json"}).json()["paths"][path]["get"]

    assert {parameter["name"] for parameter in operation["parameters"]} == parameters
    answered = operation["responses"]["200"]["content"]
    assert answered["application/json"]["examples"]
    assert answered["text/csv"] == answered["application/x-ndjson"] == {"schema": {"type": "string"}}
    assert answered["application/vnd.apache.parquet"] == {"schema": {"type": "string", "format": "binary"}}
    assert "406" in operation["responses"]
    assert operation["responses"]["400"]["content"][PROBLEM]["examples"]
    assert operation["responses"]["400"]["content"][PROBLEM]["schema"] == {"$ref": "#/components/schemas/Problem"}


@pytest.mark.parametrize("page", ["docs", "redoc"])
def test_the_pages_fetch_nothing_from_other_hosts(client: Client, page: str) -> None:
    response = client.get(f"/api/v1/{page}/")

    assert response.status_code == 200
    text = response.content.decode()
    assert "/static/drf_spectacular_sidecar/" in text
    assert 'src="http' not in text
    assert 'href="http' not in text


def test_health_is_a_problem_while_the_database_is_away(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "is_usable", lambda: False)

    response = client.get("/api/v1/health/")

    assert (response.status_code, response["Content-Type"]) == (503, PROBLEM)
    assert response.json()["type"] == "/problems/service-unavailable"
