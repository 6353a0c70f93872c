"""The schema, its pages, and the health of the server."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from jsonschema import Draft202012Validator

from wingtel.exports.formats import MEDIA_TYPES

pytestmark = pytest.mark.django_db

FILTERS = ("subscription_id", "phone_number", "external_id", "carrier", "plan")
PROBLEM = "application/problem+json"


def test_the_schema_is_valid_and_without_warnings(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("spectacular", validate=True, fail_on_warn=True, format="openapi-json")

    assert json.loads(capsys.readouterr().out)["openapi"] == "3.1.0"


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        (
            "/api/v1/usage/exceeding/",
            {"price_limit", "usage_type", "from", "to", *FILTERS, "format", "page_size", "cursor"},
        ),
        ("/api/v1/usage/metrics/", {"usage_type", "from", "to", *FILTERS, "format", "page_size", "cursor"}),
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


def examples_in(part: Any, root: dict[str, Any]) -> list[tuple[dict[str, Any], Any]]:
    """Return every example in a part of the schema, with its schema."""
    examples = []
    if isinstance(part, dict):
        if "examples" in part and isinstance(part["examples"], dict):
            examples += [(part["schema"], example["value"]) for example in part["examples"].values()]
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            examples += examples_in(inner, root)
    return examples


def test_every_body_has_an_example_and_it_is_one(nobody: Client) -> None:
    root = nobody.get("/api/v1/schema/", headers={"accept": "application/json"}).json()
    without = [
        (path, method, name)
        for path, operations in root["paths"].items()
        for method, operation in operations.items()
        for name, part in [("request", operation.get("requestBody", {})), *operation["responses"].items()]
        for media_type, content in part.get("content", {}).items()
        if "examples" not in content and media_type not in MEDIA_TYPES.values()  # files have none
    ]
    assert without == []
    for schema, value in examples_in(root["paths"], root):
        Draft202012Validator(schema | {"components": root["components"]}).validate(value)


def test_the_schema_names_its_version_licence_server_and_tags(nobody: Client) -> None:
    root = nobody.get("/api/v1/schema/", headers={"accept": "application/json"}).json()
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]

    assert (root["info"]["version"], root["info"]["license"]["identifier"]) == (project["version"], project["license"])
    assert root["info"]["contact"] == {"name": "The Wingtel authors"}
    assert [server["url"] for server in root["servers"]] == ["/"]
    used = {tag for operations in root["paths"].values() for each in operations.values() for tag in each["tags"]}
    assert {tag["name"] for tag in root["tags"] if tag["description"]} == used


def test_the_webhooks_are_described_with_their_bodies(nobody: Client) -> None:
    root = nobody.get("/api/v1/schema/", headers={"accept": "application/json"}).json()

    assert list(root["webhooks"]) == ["alert.opened", "alert.resolved"]
    for webhook in root["webhooks"].values():
        body = webhook["post"]["requestBody"]["content"]["application/json"]
        assert body["schema"] == {"$ref": "#/components/schemas/AlertEvent"}
        value = body["examples"]["Example"]["value"]
        Draft202012Validator(body["schema"] | {"components": root["components"]}).validate(value)
        assert list(webhook["post"]["responses"]) == ["2XX"]


def test_every_operation_says_which_scope_it_needs_and_what_all_answer(nobody: Client) -> None:
    root = nobody.get("/api/v1/schema/", headers={"accept": "application/json"}).json()
    for path, operations in root["paths"].items():
        for operation in operations.values():
            assert operation["summary"]
            if path == "/api/v1/health/":
                assert "security" not in operation
                continue
            (scope,) = operation["security"][0]["key"]
            assert operation["security"] == [{"key": [scope]}, {"session": [scope]}]
            assert {"401", "403", "406", "429", "500", "503"} <= set(operation["responses"])
            for response in operation["responses"].values():
                assert response["headers"]["X-Request-Id"] == {"$ref": "#/components/headers/RequestId"}
