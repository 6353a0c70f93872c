"""Subscriptions that have reached a price limit."""

import re

import pytest
from django.test import Client

from .records import EXCEEDING, answer, data, pages, voice

pytestmark = pytest.mark.django_db


def test_a_subscription_over_the_limit_is_answered_with_its_excess(client: Client) -> None:
    data(7, "2026-06-03", "30.2000")
    data(7, "2026-06-04", "1.0000")
    voice(7, "2026-06-04", "24.9999")
    data(8, "2026-06-04", "24.9999")

    body = answer(client, EXCEEDING, price_limit="25.00")

    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", body.pop("as_of"))
    assert body == {
        "price_limit": "25.00",
        "currency": "USD",
        "from": None,
        "to": None,
        "next": None,
        "results": [
            {
                "subscription_id": 7,
                "phone_number": "",
                "external_id": "",
                "exceeded": [{"usage_type": "data", "total_price": "31.2000", "exceeded_by": "6.2000"}],
            }
        ],
    }


def test_a_price_that_equals_the_limit_has_reached_it(client: Client) -> None:
    voice(1, "2026-06-01", "25.0000")
    data(2, "2026-06-01", "24.9999")

    assert answer(client, EXCEEDING, price_limit="25")["results"] == [
        {
            "subscription_id": 1,
            "phone_number": "",
            "external_id": "",
            "exceeded": [{"usage_type": "voice", "total_price": "25.0000", "exceeded_by": "0.0000"}],
        }
    ]


def test_each_usage_type_is_checked_on_its_own_and_the_largest_excess_comes_first(client: Client) -> None:
    data(1, "2026-06-01", "20")
    voice(1, "2026-06-01", "20")
    data(2, "2026-06-01", "30")
    voice(2, "2026-06-01", "40")
    voice(3, "2026-06-01", "35")

    assert answer(client, EXCEEDING, price_limit="25.00")["results"] == [
        {
            "subscription_id": 2,
            "phone_number": "",
            "external_id": "",
            "exceeded": [
                {"usage_type": "voice", "total_price": "40.0000", "exceeded_by": "15.0000"},
                {"usage_type": "data", "total_price": "30.0000", "exceeded_by": "5.0000"},
            ],
        },
        {
            "subscription_id": 3,
            "phone_number": "",
            "external_id": "",
            "exceeded": [{"usage_type": "voice", "total_price": "35.0000", "exceeded_by": "10.0000"}],
        },
    ]


def test_one_usage_type_may_be_asked_for(client: Client) -> None:
    data(1, "2026-06-01", "30")
    voice(1, "2026-06-01", "40")
    voice(2, "2026-06-01", "50")

    assert answer(client, EXCEEDING, price_limit="25.00", usage_type="data")["results"] == [
        {
            "subscription_id": 1,
            "phone_number": "",
            "external_id": "",
            "exceeded": [{"usage_type": "data", "total_price": "30.0000", "exceeded_by": "5.0000"}],
        }
    ]


@pytest.mark.parametrize(
    ("period", "total"),
    [
        ({}, "11111.0000"),
        ({"from_": "2026-06-01", "to": "2026-06-30"}, "110.0000"),
        ({"from_": "2026-06-30", "to": "2026-06-30"}, "100.0000"),
        ({"from_": "2026-05-31", "to": "2026-07-01"}, "1111.0000"),
        ({"from_": "2026-05-31", "to": "2026-06-01"}, "11.0000"),
        ({"from_": "2026-06-30", "to": "2026-07-15"}, "1100.0000"),
        ({"from_": "2026-05-31", "to": "2026-08-31"}, "11111.0000"),
        ({"from_": "2026-06-02"}, "11100.0000"),
        ({"from_": "2026-07-01"}, "11000.0000"),
        ({"to": "2026-06-30"}, "111.0000"),
        ({"to": "2026-06-15"}, "11.0000"),
        ({"from_": "1900-01-01", "to": "9998-12-31"}, "11111.0000"),
        ({"from_": "2026-06-30", "to": "9998-12-31"}, "11100.0000"),
    ],
)
def test_a_period_holds_both_its_days_in_months_and_edges(client: Client, period: dict[str, str], total: str) -> None:
    days = ["2026-05-31", "2026-06-01", "2026-06-30", "2026-07-01", "2026-08-01"]
    for power, day in enumerate(days):
        data(1, day, str(10**power))

    body = answer(client, EXCEEDING, price_limit="1.00", **period)

    assert (body["from"], body["to"]) == (period.get("from_"), period.get("to"))
    assert [limit["total_price"] for found in body["results"] for limit in found["exceeded"]] == [total]


def test_subscriptions_may_be_named_and_an_unknown_one_has_no_usage(client: Client) -> None:
    for subscription_id in (1, 2, 3):
        data(subscription_id, "2026-06-01", "30")

    def found(*ids: int) -> list[int]:
        body = answer(client, EXCEEDING, price_limit="25.00", subscription_id=ids)
        return [result["subscription_id"] for result in body["results"]]

    assert found(2) == [2]
    assert sorted(found(1, 3)) == [1, 3]
    assert found(2**63 - 1) == []


@pytest.mark.parametrize(
    "period",
    [{}, {"from_": "2026-06-01", "to": "2026-06-30"}, {"from_": "2026-05-30", "to": "2026-07-02"}],
)
def test_pages_hold_every_subscription_once_in_order_of_excess(client: Client, period: dict[str, str]) -> None:
    for subscription_id in range(1, 24):
        data(subscription_id, "2026-06-10", str(25 + subscription_id % 4))
        voice(subscription_id, "2026-06-10", str(24 + subscription_id % 5))

    found = pages(client, EXCEEDING, price_limit="25.00", page_size=4, **period)

    assert [len(page) for page in found] == [4, 4, 4, 4, 4, 3]
    walked = [result for page in found for result in page]
    assert sorted(result["subscription_id"] for result in walked) == list(range(1, 24))
    largest = [result["exceeded"][0]["total_price"] for result in walked]
    assert largest == sorted(largest, reverse=True)
    assert walked == answer(client, EXCEEDING, price_limit="25.00", **period)["results"]


def test_prices_beyond_32_bits_are_exact(client: Client) -> None:
    data(1, "2026-06-01", "9999999999.9999")
    data(1, "2026-06-02", "9999999999.9998")

    body = answer(client, EXCEEDING, price_limit="0.0001")

    assert body["results"][0]["exceeded"] == [
        {"usage_type": "data", "total_price": "19999999999.9997", "exceeded_by": "19999999999.9996"}
    ]


@pytest.mark.parametrize(
    ("given", "echoed"),
    [
        ("25", "25.00"),
        ("25.5", "25.50"),
        ("25.00", "25.00"),
        ("0.0001", "0.0001"),
        ("25.1000", "25.1000"),
        ("9999999999999999.9999", "9999999999999999.9999"),
        ("007", "7.00"),
    ],
)
def test_the_limit_is_echoed_with_at_least_two_decimals(client: Client, given: str, echoed: str) -> None:
    assert answer(client, EXCEEDING, price_limit=given)["price_limit"] == echoed
