"""Hooks of schemathesis for what the schema cannot say: the form of cursors, and rules of several fields.

The process of schemathesis loads them, see test_schema_is_true.py. WINGTEL_TEST_THERE has the ids of stored rows.
"""

import json
import os
from datetime import date
from itertools import count
from typing import Any

import schemathesis
from hypothesis import strategies as st

from wingtel.api.common import cursors

STORED: dict[str, int] = json.loads(os.environ["WINGTEL_TEST_THERE"])

ids = st.integers(1, 2**63 - 1)
usage_types = st.sampled_from(["data", "voice"])
days = st.dates(date(1900, 1, 1), date(9998, 12, 31))
prices = st.decimals(0, 10**16, places=4, allow_nan=False)

schemathesis.openapi.format("cursor-of-ids", st.builds(cursors.encode, ids))
schemathesis.openapi.format("cursor-of-carrier", st.builds(cursors.encode, st.sampled_from(["att", "sprint"])))
schemathesis.openapi.format("cursor-of-day", st.builds(cursors.encode, days))
schemathesis.openapi.format("cursor-of-metrics", st.builds(cursors.encode, ids, usage_types))
schemathesis.openapi.format("cursor-of-exceeding", st.builds(cursors.encode, prices, ids))


@schemathesis.serializer("application/x-ndjson")
def a_line(context: Any, value: Any) -> bytes:
    """Return the line of a record."""
    return value if isinstance(value, bytes) else json.dumps(value).encode()


IDENTIFIERS = {
    "msisdn": "+1202{:07}",
    "imsi": "310150{:09}",
    "iccid": "8901260234{:09}",
    "device_id": "device {}",
    "external_id": "external {}",
}

_numbers = count()


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Repair a request that is valid by the schema but breaks rules of several fields, the clock or stored rows."""
    deleted = (case.path_parameters or {}).get("id") if case.method == "DELETE" else None
    if str(deleted) == str(STORED["subscription"]) and "subscriptions" in case.path:  # other requests refer to it
        case.path_parameters["id"] = 2**62
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    query = case.query if isinstance(case.query, dict) else {}
    if "from" in query and "to" in query:
        query["from"], query["to"] = sorted((query["from"], query["to"]))
    if "carrier" in query:  # an existing one
        query["carrier"] = "att"
    if query.get("format", "json") != "json":  # a file holds every result
        for name in ("page_size", "cursor"):
            query.pop(name, None)
    if case.headers and "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] = f"key {next(_numbers)}"
    if isinstance(case.body, dict):
        _repair(case.body)
        _repair_assignment(case.body)


ONLY = {"currency": "USD", "carrier": "att", "country": "US", "url": "https://example.org/hook"}
"""Values of fields that accept few of the values in the schema: of the installation, in its tables, or public."""


def _repair(body: dict[str, Any]) -> None:
    for field in ("subscription", "subscription_id", "plan", "owner", "user"):
        if body.get(field) is not None:
            body[field] = STORED["owner" if field == "user" else field.removesuffix("_id")]
    body |= {field: value for field, value in ONLY.items() if field in body}
    if "name" in body:  # each plan has its own
        body["name"] = f"{os.getpid()} {next(_numbers)}"
    if "country" in body:  # a carrier, whose code is new
        body["code"] = f"c{next(_numbers)}"
    if body.get("plan") is not None and "amount" in body:  # a limit has a plan or a subscription
        body["subscription"] = None
    if body.get("emails"):  # RFC 5322 allows addresses that are rejected
        body["emails"] = ["ada@example.org"]
    if "amount" in body and body.get("plan") is None:  # a purchase needs a subscription, a limit may have one
        body["subscription"] = STORED["subscription"]
    if "day" in body:  # an adjustment: of a past day, not of nothing, and within the range of sums
        body |= {"day": "2026-06-10", "used": 1}


def _repair_assignment(body: dict[str, Any]) -> None:
    if "kind" in body:  # a value of its kind that is not assigned
        body["value"] = IDENTIFIERS[body["kind"]].format(next(_numbers))
        body["replaces"] = None
    if body.get("valid_to"):
        body["valid_from"] = None
