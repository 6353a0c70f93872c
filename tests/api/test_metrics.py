"""Usage and price of subscriptions, in total and as a series."""

import re

import pytest
from django.test import Client

from .records import METRICS, answer, data, pages, voice

pytestmark = pytest.mark.django_db

JUNE = {"from_": "2026-06-01", "to": "2026-06-30"}


def series(subscription_id: int) -> str:
    return f"/api/v1/subscriptions/{subscription_id}/usage/"


def test_every_subscription_with_usage_is_answered_by_usage_type(client: Client) -> None:
    data(7, "2026-06-03", "12.0000", kilobytes=123000)
    data(7, "2026-06-30", "0.3000", kilobytes=456)
    data(7, "2026-07-01", "99.0000", kilobytes=1)
    voice(7, "2026-06-01", "1.5000", seconds=90)
    voice(9, "2026-06-01", "0.0000", seconds=0)

    body = answer(client, METRICS, **JUNE)

    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", body.pop("as_of"))
    assert body == {
        "currency": "USD",
        "from": "2026-06-01",
        "to": "2026-06-30",
        "next": None,
        "results": [
            {
                "subscription_id": 7,
                "phone_number": "",
                "external_id": "",
                "usage_type": "data",
                "unit": "kilobytes",
                "total_price": "12.3000",
                "total_usage": 123456,
                "records": 2,
            },
            {
                "subscription_id": 7,
                "phone_number": "",
                "external_id": "",
                "usage_type": "voice",
                "unit": "seconds",
                "total_price": "1.5000",
                "total_usage": 90,
                "records": 1,
            },
            {
                "subscription_id": 9,
                "phone_number": "",
                "external_id": "",
                "usage_type": "voice",
                "unit": "seconds",
                "total_price": "0.0000",
                "total_usage": 0,
                "records": 1,
            },
        ],
    }


@pytest.mark.parametrize(
    ("first", "last", "total"),
    [
        ("2026-06-01", "2026-06-30", 110),
        ("2026-06-30", "2026-06-30", 100),
        ("2026-05-31", "2026-07-01", 1111),
        ("2026-05-31", "2026-06-01", 11),
        ("2026-06-30", "2026-07-15", 1100),
        ("2026-05-31", "2026-08-31", 11111),
        ("1900-01-01", "9998-12-31", 11111),
        ("2026-06-30", "9998-12-31", 11100),
    ],
)
def test_a_period_holds_both_its_days_in_months_and_edges(client: Client, first: str, last: str, total: int) -> None:
    days = ["2026-05-31", "2026-06-01", "2026-06-30", "2026-07-01", "2026-08-01"]
    for power, day in enumerate(days):
        data(1, day, "1", kilobytes=10**power)

    results = answer(client, METRICS, from_=first, to=last)["results"]

    assert [result["total_usage"] for result in results] == [total]
    assert answer(client, METRICS, from_=first, to=last, subscription_id=1)["results"] == results


def test_usage_type_and_subscriptions_may_be_named(client: Client) -> None:
    for subscription_id in (1, 2, 3):
        data(subscription_id, "2026-06-01", "1")
        voice(subscription_id, "2026-06-01", "1")

    def found(**parameters: object) -> list[tuple[int, str]]:
        results = answer(client, METRICS, **JUNE, **parameters)["results"]
        return [(result["subscription_id"], result["usage_type"]) for result in results]

    assert found(usage_type="voice") == [(1, "voice"), (2, "voice"), (3, "voice")]
    assert found(subscription_id=2) == [(2, "data"), (2, "voice")]
    assert found(subscription_id=[3, 1], usage_type="data") == [(1, "data"), (3, "data")]
    assert found(subscription_id=4) == []


def test_pages_hold_every_metric_once(client: Client) -> None:
    for subscription_id in range(1, 8):
        data(subscription_id, "2026-06-10", "1")
        voice(subscription_id, "2026-06-10", "1")

    found = pages(client, METRICS, page_size=3, **JUNE)

    assert [len(page) for page in found] == [3, 3, 3, 3, 2]
    assert [(result["subscription_id"], result["usage_type"]) for page in found for result in page] == [
        (subscription_id, usage_type) for subscription_id in range(1, 8) for usage_type in ("data", "voice")
    ]


def test_the_next_page_keeps_every_parameter(client: Client) -> None:
    for subscription_id in (1, 2, 3):
        data(subscription_id, "2026-06-10", "1")
        voice(subscription_id, "2026-06-10", "1")

    found = pages(client, METRICS, page_size=1, subscription_id=[1, 3], usage_type="voice", **JUNE)

    assert [(result["subscription_id"], result["usage_type"]) for page in found for result in page] == [
        (1, "voice"),
        (3, "voice"),
    ]


def test_the_metrics_of_one_subscription_have_pages_too(client: Client) -> None:
    for subscription_id in (1, 2, 3):
        data(subscription_id, "2026-06-10", "1")
        voice(subscription_id, "2026-06-10", "1")

    found = pages(client, METRICS, page_size=1, subscription_id=2, **JUNE)

    assert [(result["subscription_id"], result["usage_type"]) for page in found for result in page] == [
        (2, "data"),
        (2, "voice"),
    ]


def test_usage_beyond_32_bits_and_what_a_float_holds_is_exact(client: Client) -> None:
    data(1, "2026-06-01", "1", kilobytes=2**31 + 1)
    for day in range(1, 10):
        data(2, f"2026-06-0{day}", "1", kilobytes=10**15)
    data(2, "2026-06-10", "1", kilobytes=10**15 - 1)

    results = answer(client, METRICS, **JUNE)["results"]

    assert [result["total_usage"] for result in results] == [2**31 + 1, 10**16 - 1]


def test_a_series_goes_by_day(client: Client) -> None:
    data(7, "2026-06-03", "1.5000", kilobytes=10)
    data(7, "2026-06-03", "1.0000", kilobytes=20)
    voice(7, "2026-06-03", "2.0000", seconds=30)
    data(7, "2026-06-05", "4.0000", kilobytes=40)
    data(8, "2026-06-05", "9.0000")

    body = answer(client, series(7), **JUNE)

    assert body.pop("as_of").endswith("Z")
    assert body == {
        "subscription_id": 7,
        "currency": "USD",
        "from": "2026-06-01",
        "to": "2026-06-30",
        "phone_number": "",
        "external_id": "",
        "granularity": "day",
        "results": [
            {
                "start": "2026-06-03",
                "usage_type": "data",
                "unit": "kilobytes",
                "total_price": "2.5000",
                "total_usage": 30,
                "records": 2,
            },
            {
                "start": "2026-06-03",
                "usage_type": "voice",
                "unit": "seconds",
                "total_price": "2.0000",
                "total_usage": 30,
                "records": 1,
            },
            {
                "start": "2026-06-05",
                "usage_type": "data",
                "unit": "kilobytes",
                "total_price": "4.0000",
                "total_usage": 40,
                "records": 1,
            },
        ],
    }


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ({}, [("2026-05-01", 1), ("2026-06-01", 110), ("2026-07-01", 1000)]),
        ({"from_": "2026-06-02"}, [("2026-06-02", 100), ("2026-07-01", 1000)]),
        ({"to": "2026-06-15"}, [("2026-05-01", 1), ("2026-06-01", 10)]),
        (JUNE, [("2026-06-01", 110)]),
        ({"from_": "2026-06-02", "to": "2026-06-30"}, [("2026-06-02", 100)]),
    ],
)
def test_a_series_goes_by_month_and_cuts_months_at_the_edges(
    client: Client, period: dict[str, str], expected: list[tuple[str, int]]
) -> None:
    days = ["2026-05-31", "2026-06-01", "2026-06-30", "2026-07-01"]
    for power, day in enumerate(days):
        data(7, day, "1", kilobytes=10**power)

    body = answer(client, series(7), granularity="month", **period)

    assert body["granularity"] == "month"
    assert [(result["start"], result["total_usage"]) for result in body["results"]] == expected


def test_a_series_may_be_of_one_usage_type(client: Client) -> None:
    data(7, "2026-06-03", "1")
    voice(7, "2026-06-03", "1")

    results = answer(client, series(7), usage_type="voice")["results"]

    assert [(result["start"], result["usage_type"]) for result in results] == [("2026-06-03", "voice")]


@pytest.mark.parametrize("subscription_id", [4711, 2**63 - 1])
def test_the_series_of_an_unknown_subscription_is_empty(client: Client, subscription_id: int) -> None:
    body = answer(client, series(subscription_id))

    assert (body["subscription_id"], body["results"]) == (subscription_id, [])
