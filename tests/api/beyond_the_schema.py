"""What schemathesis has to know beyond the schema: how cursors are made, and rules that no schema can say.

Loaded by its process, see test_schema_is_true.py; WINGTEL_TEST_THERE tells it what is stored.
"""

import json
import os
from datetime import date
from itertools import count
from typing import Any

import schemathesis
from hypothesis import strategies as st

from wingtel.api.common import cursors

THERE: dict[str, int] = json.loads(os.environ["WINGTEL_TEST_THERE"])

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
    """Write what a line of records holds."""
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
    """Mend a request right by the schema where rules of several fields, of the clock or of what is stored apply."""
    deleted = (case.path_parameters or {}).get("id") if case.method == "DELETE" else None
    if str(deleted) == str(THERE["subscription"]) and "subscriptions" in case.path:  # others refer to it
        case.path_parameters["id"] = 2**62
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    query = case.query if isinstance(case.query, dict) else {}
    if "from" in query and "to" in query:
        query["from"], query["to"] = sorted((query["from"], query["to"]))
    if "carrier" in query:  # one that there is
        query["carrier"] = "att"
    if query.get("format", "json") != "json":  # a file holds every result
        for part in ("page_size", "cursor"):
            query.pop(part, None)
    if case.headers and "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] = f"key {next(_numbers)}"
    if isinstance(case.body, dict):
        _mend(case.body)
        _mend_assignment(case.body)


ONLY = {"currency": "USD", "carrier": "att", "country": "US", "url": "https://example.org/hook"}
"""Values of fields that take few of those that the schema allows: of the installation, in its tables, or public."""


def _mend(body: dict[str, Any]) -> None:
    for field in ("subscription", "subscription_id", "plan", "owner", "user"):
        if body.get(field) is not None:
            body[field] = THERE["owner" if field == "user" else field.removesuffix("_id")]
    body |= {field: value for field, value in ONLY.items() if field in body}
    if "name" in body:  # each plan has its own
        body["name"] = f"{os.getpid()} {next(_numbers)}"
    if "country" in body:  # a carrier, whose code is new
        body["code"] = f"c{next(_numbers)}"
    if body.get("plan") is not None and "amount" in body:  # a limit is of a plan or of a subscription
        body["subscription"] = None
    if body.get("emails"):  # RFC 5322 has addresses that nobody sends to
        body["emails"] = ["ada@example.org"]
    if "amount" in body and body.get("plan") is None:  # a purchase is of somebody, and a limit too
        body["subscription"] = THERE["subscription"]
    if "day" in body:  # an adjustment: of a day that has come, of something, and of what can be added up
        body |= {"day": "2026-06-10", "used": 1}


def _mend_assignment(body: dict[str, Any]) -> None:
    if "kind" in body:  # an identifier of its kind, that nobody has yet
        body["value"] = IDENTIFIERS[body["kind"]].format(next(_numbers))
        body["replaces"] = None
    if body.get("valid_to"):
        body["valid_from"] = None
