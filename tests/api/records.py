"""Usage records written to the tables, and requests."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.test import Client

from wingtel.usage.models import DataUsageRecord, VoiceUsageRecord

EXCEEDING = "/api/v1/usage/exceeding/"
METRICS = "/api/v1/usage/metrics/"


def data(subscription_id: int, day: str, price: str, kilobytes: int = 1000) -> None:
    """Store a data session at noon (UTC) of `day`."""
    DataUsageRecord.objects.create(
        subscription_id=subscription_id, usage_date=noon(day), price=Decimal(price), kilobytes_used=kilobytes
    )


def voice(subscription_id: int, day: str, price: str, seconds: int = 60) -> None:
    """Store a call at noon (UTC) of `day`."""
    VoiceUsageRecord.objects.create(
        subscription_id=subscription_id, usage_date=noon(day), price=Decimal(price), seconds_used=seconds
    )


def noon(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(hour=12, tzinfo=UTC)


def answer(client: Client, path: str, **parameters: Any) -> dict[str, Any]:
    """Return the body of a successful request. `from_` stands for `from`."""
    response = client.get(path, {name.rstrip("_"): value for name, value in parameters.items()})
    assert response.status_code == 200, response.content
    assert response["Content-Type"] == "application/json"
    body: dict[str, Any] = response.json()
    return body


def pages(client: Client, path: str, **parameters: Any) -> list[list[dict[str, Any]]]:
    """Return the results of every page, following `next` to the end."""
    body = answer(client, path, **parameters)
    results = [body["results"]]
    while body["next"]:
        assert body["next"].startswith(f"http://testserver{path}?")
        body = answer(client, body["next"])
        results.append(body["results"])
    return results


def errors(client: Client, path: str) -> list[dict[str, Any]]:
    """Return the errors of a request whose parameters are rejected."""
    response = client.get(path)
    assert response.status_code == 400, response.content
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert set(body) == {"type", "title", "status", "detail", "errors", "request_id"}
    assert (body["type"], body["title"], body["status"]) == (
        "/problems/invalid-parameter",
        "Invalid parameter",
        400,
    )
    details: list[dict[str, Any]] = body["errors"]
    return details
