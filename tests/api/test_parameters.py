"""Rejected query parameters, by name and rule."""

import base64
from urllib.parse import quote

import pytest
from django.test import Client

from .records import EXCEEDING, METRICS, errors

pytestmark = pytest.mark.django_db

SERIES = "/api/v1/subscriptions/7/usage/"
LIMIT_RULE = "a plain decimal greater than 0 with up to 16 digits before the point and 4 after it"
FILTERS = "subscription_id, phone_number, external_id, carrier, plan"
DATE_RULE = "a date YYYY-MM-DD from 1900-01-01 to 9998-12-31"
ID_RULE = "an id between 1 and 9223372036854775807"
PAGE_RULE = "a whole number between 1 and 1000"
CURSOR_RULE = "a cursor from `next` of the previous page"


def cursor(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "value",
    [
        "",
        "x",
        "0",
        "0.00",
        "-1",
        "+1",
        "1e5",
        "1E5",
        "NaN",
        "Infinity",
        "-Infinity",
        "25,00",
        "25.00001",
        ".5",
        "5.",
        " 25",
        "1_000",
        "\u0662\u0665",
        "10000000000000000",
        "0x19",
        "9" * 199,
    ],
)
def test_a_bad_price_limit_is_rejected(client: Client, value: str) -> None:
    assert errors(client, f"{EXCEEDING}?price_limit={quote(value)}") == [
        {"parameter": "price_limit", "rule": LIMIT_RULE, "value": value}
    ]


def test_a_missing_price_limit_is_rejected_with_the_whole_body(client: Client) -> None:
    response = client.get(EXCEEDING)

    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")
    assert response.json() == {
        "type": "/problems/invalid-parameter",
        "title": "Invalid parameter",
        "status": 400,
        "detail": "Correct the query parameters listed in errors: price_limit.",
        "errors": [{"parameter": "price_limit", "rule": f"required: {LIMIT_RULE}", "value": None}],
        "request_id": response["X-Request-Id"],
    }


@pytest.mark.parametrize("path", [f"{EXCEEDING}?price_limit=1&", f"{METRICS}?", f"{SERIES}?"])
@pytest.mark.parametrize(
    "value", ["", "today", "2026-13-01", "2026-02-30", "20260601", "2026-W01-1", "1899-12-31", "9999-01-01"]
)
@pytest.mark.parametrize("name", ["from", "to"])
def test_a_bad_date_is_rejected(client: Client, path: str, name: str, value: str) -> None:
    other = {"from": "to", "to": "from"}[name]
    rule = {"from": DATE_RULE, "to": f"{DATE_RULE}, not before from"}[name]

    assert errors(client, f"{path}{name}={value}&{other}=2026-06-15") == [
        {"parameter": name, "rule": rule, "value": value}
    ]


@pytest.mark.parametrize("path", [f"{EXCEEDING}?price_limit=1&", f"{METRICS}?", f"{SERIES}?"])
def test_reversed_dates_are_rejected(client: Client, path: str) -> None:
    assert errors(client, f"{path}from=2026-06-02&to=2026-06-01") == [
        {"parameter": "to", "rule": "not before from, 2026-06-02", "value": "2026-06-01"}
    ]


def test_metrics_need_both_dates(client: Client) -> None:
    assert errors(client, METRICS) == [
        {"parameter": "from", "rule": f"required: {DATE_RULE}", "value": None},
        {"parameter": "to", "rule": f"required: {DATE_RULE}, not before from", "value": None},
    ]


@pytest.mark.parametrize(
    ("parameter", "value", "rule"),
    [
        ("usage_type", "mms", "one of data, voice, sms"),
        ("usage_type", "DATA", "one of data, voice, sms"),
        ("usage_type", "", "one of data, voice, sms"),
        *[("subscription_id", value, ID_RULE) for value in ("", "0", "-1", "x", "1.0", str(2**63), "9" * 100)],
        *[("page_size", value, PAGE_RULE) for value in ("", "0", "-1", "1001", "ten", "1.5", "9" * 50)],
        *[
            ("cursor", value, CURSOR_RULE)
            for value in (
                "",
                "x",
                "äöü",
                cursor("7"),
                cursor("{}"),
                cursor("[]"),
                cursor('["1.0000",7,1]'),
                cursor("[1,2]"),
                cursor('["NaN",7]'),
                cursor('["1.0000","7"]'),
                cursor(f'["1.0000",{2**63}]'),
                cursor("[7,[]]"),
                cursor("[" * 20000),
            )
        ],
    ],
)
@pytest.mark.parametrize("path", [f"{EXCEEDING}?price_limit=1", f"{METRICS}?from=2026-06-01&to=2026-06-30"])
def test_a_bad_value_is_rejected(client: Client, path: str, parameter: str, value: str, rule: str) -> None:
    shown = value if len(value) <= 200 else f"{value[:200]}…"

    assert errors(client, f"{path}&{parameter}={value}") == [{"parameter": parameter, "rule": rule, "value": shown}]


@pytest.mark.parametrize("value", ["", "week", "Day"])
def test_a_bad_granularity_is_rejected(client: Client, value: str) -> None:
    assert errors(client, f"{SERIES}?granularity={value}") == [
        {"parameter": "granularity", "rule": "day or month", "value": value}
    ]


def test_a_parameter_given_twice_is_rejected(client: Client) -> None:
    assert errors(client, f"{EXCEEDING}?price_limit=1&price_limit=2") == [
        {"parameter": "price_limit", "rule": "given only once", "value": "1, 2"}
    ]


@pytest.mark.parametrize(
    ("path", "known"),
    [
        (
            f"{EXCEEDING}?price_limit=1&",
            f"price_limit, usage_type, from, to, {FILTERS}, format, page_size, cursor",
        ),
        (
            f"{METRICS}?from=2026-06-01&to=2026-06-30&",
            f"from, to, usage_type, {FILTERS}, format, page_size, cursor",
        ),
        (f"{SERIES}?", "from, to, usage_type, granularity, format"),
        ("/api/v1/plans/?", "page_size, cursor"),
        ("/api/v1/purchases/?", "subscription_id, page_size, cursor"),
        ("/api/v1/plans/1/?", "none"),
        ("/api/v1/health/?", "none"),
    ],
)
@pytest.mark.parametrize("name", ["pricelimit", "formats"])
def test_an_unknown_parameter_is_rejected_and_the_known_ones_are_listed(
    client: Client, path: str, known: str, name: str
) -> None:
    assert errors(client, f"{path}{name}=csv") == [
        {"parameter": name, "rule": f"unknown; the parameters known here: {known}", "value": "csv"}
    ]


def test_all_errors_are_reported_at_once(client: Client) -> None:
    details = errors(client, f"{EXCEEDING}?limit=1&usage_type=x&page_size=0")

    assert [error["parameter"] for error in details] == ["limit", "price_limit", "usage_type", "page_size"]
