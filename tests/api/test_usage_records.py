"""Ingestion of usage over HTTP."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from tests.api.records import METRICS, answer
from tests.api.test_errors import problem
from tests.callers import client_of
from wingtel.access.scopes import Scope
from wingtel.api.models import KEY_LIFETIME, IdempotentRequest
from wingtel.subscriptions.models import Subscription
from wingtel.usage.models import DataUsageRecord, VoiceUsageRecord

RECORDS = "/api/v1/usage/records/"
NDJSON = "application/x-ndjson"


class _Caller:
    client: Client


@pytest.fixture(autouse=True)
def _caller(transactional_db: None) -> None:
    _Caller.client = client_of(Scope.INGEST)


@pytest.fixture
def phone(transactional_db: None) -> Subscription:
    return Subscription.objects.create(carrier="att", phone_number="+15550100")


def record(subscription: Subscription, number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "record_id": f"r-{number}",
        "usage_type": "data",
        "usage_date": "2026-03-01T09:30:00Z",
        "subscription_id": subscription.pk,
        "quantity": 1000,
        "price": "0.1500",
    } | changes


def post(body: Any, query: str = "", *, key: str | None = None, content_type: str = "application/json") -> Any:
    return _Caller.client.post(
        RECORDS + query,
        body if isinstance(body, str | bytes) else json.dumps(body),
        content_type=content_type,
        headers={} if key is None else {"Idempotency-Key": key},
    )


def counts(response: Any) -> tuple[int, int, int, int]:
    assert response.status_code == 200, response.content
    body = response.json()
    return body["records"], body["accepted"], body["duplicate"], body["rejected"]


def test_records_are_counted_when_the_reply_is_there(phone: Subscription, client: Client) -> None:
    response = post([record(phone, 1), record(phone, 2, usage_type="voice", quantity=60, price=0.1), record(phone, 1)])

    assert response.json() == {
        "records": 3,
        "accepted": 2,
        "duplicate": 1,
        "conflict": 0,
        "rejected": 0,
        "currency": "USD",
        "conflicts": [],
        "rejections": [],
    }
    results = answer(client, METRICS, from_="2026-03-01", to="2026-03-01")["results"]
    assert [(row["usage_type"], row["total_usage"], row["total_price"]) for row in results] == [
        ("data", 1000, "0.1500"),
        ("voice", 60, "0.1000"),
    ]
    assert counts(post([record(phone, 1)])) == (1, 0, 1, 0)


def test_a_price_with_a_fraction_is_the_decimal_that_was_written(phone: Subscription) -> None:
    body = json.dumps([record(phone, price="X")]).replace('"X"', "9999999999.9999")

    assert counts(post(body)) == (1, 1, 0, 0)
    assert DataUsageRecord.objects.get().price == Decimal("9999999999.9999")


@pytest.mark.parametrize(("written", "price"), [("5e-2", "0.05"), ("1E3", "1000"), ("0.1", "0.1"), ("7", "7")])
def test_a_number_is_the_decimal_that_was_written(phone: Subscription, written: str, price: str) -> None:
    body = json.dumps([record(phone, price="X")]).replace('"X"', written)

    assert counts(post(body)) == (1, 1, 0, 0)
    assert DataUsageRecord.objects.get().price == Decimal(price)


@pytest.mark.parametrize("name", ["price", "pric\\u0065"])
def test_a_field_given_twice_is_rejected(phone: Subscription, name: str) -> None:
    right = json.dumps(record(phone, 1))
    wrong = json.dumps(record(phone, 2)).replace("{", '{"%s": "9",' % name)  # noqa: UP031 - braces

    response = post(f"[{right},{wrong}]")

    assert counts(response) == (2, 1, 0, 1)
    assert response.json()["rejections"] == [{"index": 1, "field": "price", "reason": "given twice"}]


def test_the_name_of_a_field_may_be_a_value(phone: Subscription) -> None:
    assert counts(post([record(phone, record_id="price")])) == (1, 1, 0, 0)


def test_a_conflict_is_told_with_what_is_stored(phone: Subscription) -> None:
    post([record(phone, 1)])

    response = post([record(phone, 1, quantity=7), record(phone, 2)])

    assert response.json() == {
        "records": 2,
        "accepted": 1,
        "duplicate": 0,
        "conflict": 1,
        "rejected": 0,
        "currency": "USD",
        "conflicts": [{"index": 0, "stored_quantity": 1000, "stored_price": "0.1500"}],
        "rejections": [],
    }
    atomic = problem(post([record(phone, 1, quantity=7), record(phone, 3)], "?atomic=true"))
    (error,) = atomic["errors"]
    assert (error["field"], error["rule"]) == ("[0]", "stored already with quantity 1000 and price 0.1500")
    assert DataUsageRecord.objects.count() == 2


def test_lines_are_records_and_empty_lines_are_not(phone: Subscription) -> None:
    body = f"\n{json.dumps(record(phone, 1))}\r\n\n{{oops\n{json.dumps(record(phone, 2))}"

    response = post(body, content_type=NDJSON)

    assert counts(response) == (3, 2, 0, 1)
    (rejection,) = response.json()["rejections"]
    assert (rejection["index"], rejection["field"]) == (1, None)
    assert rejection["reason"].startswith("not JSON: ")


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"usage_type": "mms"}, "usage_type", "'mms' is none of data, voice, sms"),
        ({"usage_type": ["data"]}, "usage_type", "expected a text, got a list"),
        (
            {"usage_date": "2026-02-30T00:00:00Z"},
            "usage_date",
            "'2026-02-30T00:00:00Z' is not a timestamp in ISO 8601, such as",
        ),
        ({"usage_date": 5}, "usage_date", "expected a text, got a whole number"),
        ({"usage_date": "2026-03-01T09:30:00"}, "usage_date", "has no time zone, such as the Z of"),
        ({"subscription_id": 999_999}, "subscription_id", "unknown subscription id 999999"),
        ({"subscription_id": True}, "subscription_id", "expected a whole number or a text, got true or false"),
        ({"subscription_id": None}, "subscription_id", "expected a whole number or a text, got null"),
        ({"quantity": -1}, "quantity", "-1 is not a whole number from 0 to"),
        ({"quantity": True}, "quantity", "expected a whole number, got true or false"),
        ({"quantity": "5"}, "quantity", "expected a whole number, got a text"),
        ({"quantity": 1.5}, "quantity", "expected a whole number, got a number with a fraction"),
        ({"price": "NaN"}, "price", "not a decimal up to"),
        ({"price": "0.000000001"}, "price", "at most 8 decimals"),
        ({"price": "dear"}, "price", '"dear" is not a decimal up to'),
        ({"price": None}, "price", "missing"),
        ({"price": {}}, "price", "is not a decimal"),
        ({"price": "1_0"}, "price", "is not a decimal"),
        ({"price": "1e5"}, "price", "is not a decimal"),
        ({"price": "٣"}, "price", "is not a decimal"),
        ({"price": " 1"}, "price", "is not a decimal"),
        ({"price": "-1"}, "price", "is not a decimal"),
        ({"price": -1}, "price", "is not a decimal from 0 to"),
        ({"price": "10000000000"}, "price", "is not a decimal up to"),
        ({"record_id": ""}, "record_id", "leave the field out"),
        ({"record_id": "a\0b"}, "record_id", "NUL"),
        ({"record_id": 7}, "record_id", "expected a text, got a whole number"),
        ({"kilobytes": 5}, "kilobytes", "unknown; the fields known here: price, quantity, record_id"),
    ],
)
def test_a_record_that_cannot_be_taken_is_rejected_alone(
    phone: Subscription, changes: dict[str, Any], field: str, reason: str
) -> None:
    response = post([record(phone, 1), record(phone, 2) | changes, record(phone, 3)])

    assert counts(response) == (3, 2, 0, 1)
    (rejection,) = response.json()["rejections"]
    assert (rejection["index"], rejection["field"]) == (1, field)
    assert reason in rejection["reason"]
    assert DataUsageRecord.objects.count() == 2


@pytest.mark.parametrize("field", ["usage_type", "usage_date", "subscription_id", "quantity", "price"])
def test_a_missing_field_is_named(phone: Subscription, field: str) -> None:
    sent = record(phone)
    del sent[field]

    assert post([sent]).json()["rejections"] == [{"index": 0, "field": field, "reason": "missing"}]


@pytest.mark.parametrize("item", [5, None, "x", [], 1.5])
def test_what_is_no_object_is_rejected(phone: Subscription, item: Any) -> None:
    (rejection,) = post([item]).json()["rejections"]

    assert rejection["field"] is None
    assert "is not an object with the fields of a record" in rejection["reason"]


def test_subscriptions_by_their_phone_number(phone: Subscription) -> None:
    sent = record(phone, phone_number="+15550100")
    del sent["subscription_id"]
    unknown = sent | {"record_id": "r-2", "phone_number": "+12025559999"}

    response = post([sent, unknown], "?lookup=phone_number")

    assert response.json()["rejections"] == [
        {"index": 1, "field": "phone_number", "reason": "unknown phone number +12025559999"},
    ]
    assert DataUsageRecord.objects.get().subscription_id == phone.pk


def test_atomic_rejects_all_when_one_is_rejected(phone: Subscription) -> None:
    response = post([record(phone, 1), record(phone, 2, subscription_id=999_999), 5], "?atomic=true")

    assert response.status_code == 422
    body = problem(response)
    assert body["type"] == "/problems/records-rejected"
    assert [error["field"] for error in body["errors"]] == ["[1].subscription_id", "[2]"]
    assert DataUsageRecord.objects.count() == 0
    assert counts(post([record(phone, 1)], "?atomic=true")) == (1, 1, 0, 0)


def test_the_same_request_again_changes_nothing_and_gets_the_same_reply(phone: Subscription) -> None:
    sent = record(phone)
    del sent["record_id"]

    first, second = post([sent], key="k-1"), post([sent], key="k-1")

    assert counts(first) == (1, 1, 0, 0)
    assert second.json() == first.json()
    assert (first.get("Idempotency-Replayed"), second["Idempotency-Replayed"]) == (None, "true")
    assert DataUsageRecord.objects.count() == 1
    assert counts(post([sent], key="k-2")) == (1, 1, 0, 0)
    assert DataUsageRecord.objects.count() == 2


def test_a_key_belongs_to_one_request(phone: Subscription) -> None:
    post([record(phone, 1)], key="k")

    for response in (post([record(phone, 2)], key="k"), post([record(phone, 1)], "?atomic=true", key="k")):
        assert response.status_code == 422
        assert problem(response)["type"] == "/problems/idempotency-key-reused"


def test_callers_do_not_see_each_other_s_replies(phone: Subscription) -> None:
    assert counts(post([record(phone, 1)], key="k")) == (1, 1, 0, 0)
    _Caller.client = client_of(Scope.INGEST)

    other = post([record(phone, 2)], key="k")

    assert counts(other) == (1, 1, 0, 0)
    assert "Idempotency-Replayed" not in other


def test_a_rejected_request_leaves_its_key_free(phone: Subscription) -> None:
    assert post([5], "?atomic=true", key="k").status_code == 422

    assert counts(post([record(phone)], "?atomic=true", key="k")) == (1, 1, 0, 0)


def test_a_key_is_forgotten_after_a_day(phone: Subscription) -> None:
    post([record(phone, 1)], key="k")
    IdempotentRequest.objects.update(created_at=timezone.now() - KEY_LIFETIME - timedelta(minutes=1))

    assert counts(post([record(phone, 2)], key="k")) == (1, 1, 0, 0)


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_key_has_1_to_255_characters(phone: Subscription, key: str) -> None:
    (error,) = problem(post([record(phone)], key=key))["errors"]

    assert (error["parameter"], error["rule"]) == ("Idempotency-Key", "1 to 255 characters")


def test_one_key_many_at_once_ingests_once(phone: Subscription) -> None:
    sent = record(phone, usage_type="voice")
    del sent["record_id"]

    def send(_: int) -> Any:
        try:
            return post([sent], key="k")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        responses = list(pool.map(send, range(6)))

    assert [response.status_code for response in responses] == [200] * 6
    assert sum(response.get("Idempotency-Replayed") is None for response in responses) == 1
    assert VoiceUsageRecord.objects.count() == 1


@pytest.mark.parametrize("body", ["", "{", "[NaN]", "{}", '"x"', b"\xff", "[" * 100_000, "[1e5000]x"])
def test_a_body_that_is_no_list_is_malformed(phone: Subscription, body: str | bytes) -> None:
    response = post(body)

    assert response.status_code == 400
    assert problem(response)["type"] == "/problems/malformed-body"


def test_another_type_is_rejected(phone: Subscription) -> None:
    response = post("record_id;price", content_type="text/csv")

    assert (response.status_code, problem(response)["type"]) == (415, "/problems/unsupported-media-type")


@pytest.mark.parametrize(
    ("body", "content_type"), [("[" + "0," * 10_000 + "0]", "application/json"), (" " * (16 * 2**20 + 1), NDJSON)]
)
def test_too_much_is_rejected(phone: Subscription, body: str, content_type: str) -> None:
    response = post(body, content_type=content_type)

    assert (response.status_code, problem(response)["type"]) == (413, "/problems/too-large")


def test_ten_thousand_are_not_too_many(phone: Subscription) -> None:
    assert counts(post([record(phone, number) for number in range(10_000)])) == (10_000, 10_000, 0, 0)


def test_no_records_are_no_error(phone: Subscription) -> None:
    assert counts(post([])) == (0, 0, 0, 0)


@pytest.mark.parametrize("query", ["?lookup=name", "?atomic=1", "?x=1"])
def test_parameters_that_are_not_known_are_rejected(phone: Subscription, query: str) -> None:
    assert problem(post([], query))["type"] == "/problems/invalid-parameter"


TARIFF = """
[layout]
[timestamp]
columns = ["at"]
[usage_type]
constant = "data"
[data]
columns = ["kb"]
unit = "kilobytes"
[subscription]
by = "phone_number"
column = "number"
[[tariff.data]]
price = "0.05"
block = 1000
"""


def test_a_record_without_a_price_is_priced_by_the_tariff(phone: Subscription, tmp_path: Path, settings: Any) -> None:
    (tmp_path / "prices.toml").write_text(TARIFF)
    settings.WINGTEL_TARIFF = str(tmp_path / "prices.toml")
    unpriced = {name: value for name, value in record(phone, 1, quantity=1001).items() if name != "price"}
    voice = unpriced | {"usage_type": "voice"}

    response = post([unpriced, record(phone, 2, price="7"), voice])

    assert counts(response) == (3, 2, 0, 1)
    (rejection,) = response.json()["rejections"]
    assert (rejection["index"], rejection["field"]) == (2, "price")
    assert rejection["reason"] == "no rate of the tariff for voice holds on 2026-03-01"
    assert list(DataUsageRecord.objects.order_by("record_id").values_list("price", flat=True)) == [Decimal("0.1"), 7]
    assert counts(post([unpriced])) == (1, 0, 1, 0)
