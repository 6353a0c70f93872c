"""Examples of request and response bodies, for the schema only."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer

_Shape = TypeVar("_Shape", bound=type)

TIMES = {"created_at": "2026-03-01T09:30:00.123456Z", "updated_at": "2026-03-12T09:30:00.123456Z"}
PLAN = {"name": "Basic", "price": "9.9900", "currency": "USD", "data_available": 5_000_000}
PURCHASE = {
    "user": None,
    "subscription": 7,
    "status": "pending",
    "amount": "9.9900",
    "currency": "USD",
    "payment_date": None,
}
CARRIER = {"code": "att", "name": "AT&T", "country": "US"}
ATT = {
    "status": "active",
    "owner": None,
    "plan": 1,
    "device_id": "356938035643809",
    "phone_number": "+12025550100",
    "imsi": "310150123456789",
    "iccid": "8901260234567890123",
    "external_id": "crm-100200",
    "phone_model": "Pixel 9",
    "effective_date": "2026-03-01T00:00:00Z",
    "network_type": "5G",
}
SPRINT = {**{field: value for field, value in ATT.items() if field != "network_type"}, "sprint_id": "S-100200"}
IDENTIFIER = {
    "id": 5,
    "subscription_id": 7,
    "kind": "msisdn",
    "value": "+12025550100",
    "valid_from": "2026-03-01T00:00:00Z",
    "valid_to": None,
    "created_at": "2026-03-01T09:30:00.123456Z",
}
ASSIGNMENT = {"kind": "msisdn", "value": "(202) 555-0101", "valid_from": "2026-03-01T00:00:00Z"}
SUBSCRIPTION_PLAN = {
    "plan": 1,
    "valid_from": None,
    "valid_to": "2026-03-01T00:00:00Z",
    "created_at": "2026-03-01T09:30:00.123456Z",
}
REVERSAL = {"reason": "wrong subscription", "actor": "ada"}
ADJUSTMENT = {
    "subscription_id": 7,
    "usage_type": "data",
    "day": "2026-03-10",
    "used": -20480,
    "price": "-0.3000",
    "currency": "USD",
    "reason": "credited",
    "actor": "ada",
}
LIMIT = {
    "name": "data of all",
    "plan": None,
    "subscription": None,
    "usage_type": "data",
    "period": "month",
    "amount": "50.0000",
    "currency": "USD",
    "thresholds": [80],
    "emails": ["ada@example.org"],
    "starts": "2026-03-01",
}
ENDPOINT = {"url": "https://example.org/hook", "description": "billing", "enabled": True}


def example(
    request: Mapping[str, Any] | None = None, response: Mapping[str, Any] | None = None
) -> Callable[[_Shape], _Shape]:
    """Return a decorator that gives a serializer an example of a request and of a response."""
    return extend_schema_serializer(
        examples=[
            *([OpenApiExample("Sent", value=dict(request), request_only=True)] if request else []),
            *([OpenApiExample("Answered", value=dict(response), response_only=True)] if response else []),
        ]
    )
