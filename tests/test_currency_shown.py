"""Every price has its currency: in answers, lists, exports, tables, alerts and webhooks."""

import io
import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from pyarrow import parquet

from tests.api.records import data, voice
from tests.command import run
from wingtel.adjustments.services import adjust
from wingtel.lifecycle.reconciliation import reconcile
from wingtel.limits.evaluation import evaluate
from wingtel.limits.services import make_limit
from wingtel.notifications.delivery import deliver_due
from wingtel.notifications.endpoints import add_endpoint
from wingtel.notifications.models import Delivery
from wingtel.notifications.serialization import event_answer
from wingtel.subscriptions.models import Plan, Purchase, Subscription
from wingtel.usage.models import UsageType

pytestmark = pytest.mark.django_db(transaction=True)

V1 = "/api/v1"
JUNE = "from=2026-06-01&to=2026-06-30"
FROM_TO = ("--from", "2026-06-01", "--to", "2026-06-30")
RECORD = {
    "record_id": "r",
    "usage_type": "voice",
    "usage_date": "2026-06-04T12:00:00Z",
    "subscription_id": 7,
    "quantity": 1,
}


@pytest.fixture(autouse=True)
def used(euros: None, client: Client) -> None:
    """Create a subscription with all that has a price: usage, a conflict, a purchase, an adjustment, an alert."""
    Subscription.objects.create(pk=7, carrier="att", plan=Plan.objects.create(name="Basic", price=9))
    Purchase.objects.create(subscription_id=7, amount=3)
    make_limit(amount=Decimal(25), emails=["ada@example.org"], starts=date(2026, 6, 1), name="June")
    data(7, "2026-06-03", "31.2000", kilobytes=5)
    voice(7, "2026-06-04", "1.5000", seconds=340)
    for price in ("0.1", "0.2"):
        client.post(f"{V1}/usage/records/", [RECORD | {"price": price}], content_type="application/json")
    adjust(
        subscription_id=7,
        usage_type=UsageType.VOICE,
        day=date(2026, 6, 4),
        used=1,
        price=Decimal("-0.5"),
        reason="r",
        actor="a",
    )


def body_of(client: Client, path: str) -> Any:
    response = client.get(f"{V1}/{path}")
    assert response.status_code == 200, response.content
    return response.json()


@pytest.mark.parametrize(
    "path",
    [
        "usage/exceeding/?price_limit=25",
        f"usage/exceeding/?price_limit=25&{JUNE}",
        f"usage/metrics/?{JUNE}",
        f"usage/metrics/?{JUNE}&subscription_id=7",
        "subscriptions/7/usage/",
        "subscriptions/7/usage/2026-06-03/",
    ],
)
def test_an_answer_tells_it_once(client: Client, path: str) -> None:
    body = body_of(client, path)
    assert body["currency"] == "EUR"
    assert all("currency" not in result for result in body.get("results", ()))


@pytest.mark.parametrize(
    "path",
    [
        *("plans", "purchases", "limits", "alerts"),
        *("usage/adjustments", "usage/conflicts", "usage/days", "usage/reconciliations"),
    ],
)
def test_a_resource_tells_it_in_a_list_and_alone(client: Client, path: str) -> None:
    evaluate()
    reconcile()
    first, *_ = body_of(client, f"{path}/")["results"]
    assert first["currency"] == "EUR"
    if path not in {"usage/conflicts", "usage/days"}:  # these are only listed
        assert body_of(client, f"{path}/{first['id']}/") == first


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("plans", {"name": "Other", "price": "1.0000"}),
        ("purchases", {"subscription": 7, "amount": "1.0000"}),
        ("limits", {"amount": "1.0000"}),
        (
            "usage/adjustments",
            {
                "subscription_id": 7,
                "usage_type": "data",
                "day": "2026-06-03",
                "price": "1",
                "reason": "r",
                "actor": "a",
            },
        ),
    ],
)
def test_a_price_may_come_with_the_currency_and_with_no_other(client: Client, path: str, sent: dict[str, Any]) -> None:
    def post(**more: Any) -> Any:
        return client.post(f"{V1}/{path}/", sent | more, content_type="application/json")

    rejected = post(currency="USD")
    assert rejected.status_code == 400
    assert rejected.json()["errors"] == [
        {"field": "currency", "rule": "EUR, the currency of every price here; nothing is converted", "value": "USD"}
    ]
    assert post(currency=["EUR"]).status_code == post(currency=None).status_code == 400
    accepted = post(currency="EUR")
    assert (accepted.status_code, accepted.json()["currency"]) == (201, "EUR")


def test_the_reply_to_records_tells_it(client: Client) -> None:
    reply = client.post(f"{V1}/usage/records/", [RECORD | {"price": "0.3"}], content_type="application/json").json()
    assert (reply["currency"], reply["conflicts"][0]["stored_price"]) == ("EUR", "0.1000")


@pytest.mark.parametrize(
    ("path", "header", "first"),
    [
        (
            "usage/exceeding/?price_limit=25&",
            "subscription_id,phone_number,external_id,usage_type,total_price,exceeded_by,currency",
            "7,,,data,31.2000,6.2000,EUR",
        ),
        (
            f"usage/metrics/?{JUNE}&",
            "subscription_id,phone_number,external_id,usage_type,unit,total_price,total_usage,records,currency",
            "7,,,data,kilobytes,31.2000,5,1,EUR",
        ),
        (
            "subscriptions/7/usage/?",
            "subscription_id,start,usage_type,unit,total_price,total_usage,records,currency",
            "7,2026-06-03,data,kilobytes,31.2000,5,1,EUR",
        ),
    ],
)
def test_every_export_has_it_in_its_last_column(client: Client, path: str, header: str, first: str) -> None:
    def exported(form: str) -> bytes:
        return b"".join(client.get(f"{V1}/{path}format={form}"))

    lines = exported("csv").decode().splitlines()
    assert lines[:2] == [header, first]
    assert {line.rpartition(",")[2] for line in lines[1:]} == {"EUR"}
    ndjson = [json.loads(line) for line in exported("ndjson").splitlines()]
    assert {row["currency"] for row in ndjson} == {"EUR"}
    table = parquet.read_table(io.BytesIO(exported("parquet")))
    assert table.column_names == header.split(",")
    assert set(table["currency"].to_pylist()) == {"EUR"}


def test_tables_and_sentences_of_commands_tell_it() -> None:
    evaluate()
    assert "Reached 25.00 EUR from 2026-06-01" in run("exceeding", "--price-limit", "25", *FROM_TO, "--format", "table")
    assert "Used and paid in EUR from 2026-06-01" in run("metrics", *FROM_TO, "--format", "table")
    for noun in ("limits", "alerts", "adjustments", "conflicts", "days"):
        assert "EUR" in run(noun, "list"), noun
        assert json.loads(run(noun, "list", "--format", "json"))["results"][0]["currency"] == "EUR", noun
    assert json.loads(run("days", "reconcile", "--format", "json"))["currency"] == "EUR"
    adjusted = run(
        *("adjustments", "add", "--subscription", "7", "--type", "data", "--day", "2026-06-04"),
        *("--price", "-0.25", "--reason", "r", "--actor", "a"),
    )
    assert "and -0.2500 EUR for data of subscription 7" in adjusted
    assert "12.0000 EUR for all usage" in run("limits", "set", "--amount", "12")
    assert "price 31.20000000 EUR; 0 sms records" in run("days", "seal", "2026-06-03")
    explained = run("explain", "7", "2026-06-03", "--format", "csv").splitlines()
    assert {line.rpartition(",")[2] for line in explained} == {"currency", "EUR"}
    assert "(5 kilobytes, 31.2000 EUR)" in run("explain", "7", "2026-06-03", "--format", "table")


def test_webhooks_and_mails_tell_it() -> None:
    add_endpoint("https://example.org/hook")
    evaluate()
    posted = Delivery.objects.exclude(endpoint=None).select_related("alert__price_limit").get()
    assert event_answer(posted).data.currency == "EUR"
    posted.delete()
    deliver_due()
    (sent,) = mail.outbox
    assert "reached 100 % of June (25.0000 EUR, all usage) with 32.3000 EUR, 2026-06-01 to 2026-06-30" in sent.body
