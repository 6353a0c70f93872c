"""SMS: a usage type counted in messages, from a carrier's file to both answers, exports and limits."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.test import Client

from tests.callers import client_of
from tests.conformance.oracle import differences
from wingtel.access.scopes import Scope
from wingtel.aggregates.strategies import Strategy
from wingtel.imports import profiles
from wingtel.imports.errors import ProfileError
from wingtel.imports.preview import preview
from wingtel.imports.profiles import Profile
from wingtel.imports.service import ImportOptions, import_feed
from wingtel.ingest.inputs import UsageRecordInput
from wingtel.ingest.service import ingest_usage
from wingtel.lifecycle.expiry import expire
from wingtel.lifecycle.reconciliation import reconcile
from wingtel.lifecycle.seals import seal
from wingtel.limits.evaluation import evaluate
from wingtel.limits.models import Alert
from wingtel.limits.services import make_limit
from wingtel.subscriptions.models import Subscription
from wingtel.usage.models import UsageType

pytestmark = pytest.mark.django_db(transaction=True)
DAY = date(2026, 3, 1)
PERIOD = "from=2026-03-01&to=2026-03-31"
PROFILE = """
[layout]
format = "delimited"

[timestamp]
columns = ["at"]
formats = ["iso8601"]

[usage_type]
column = "service"
sms = ["SMS-MO", "SMS-MT"]
voice = ["CALL"]

[voice]
columns = ["units"]
unit = "seconds"

[sms]

[[tariff.voice]]
price = "0.01"

[[tariff.sms]]
price = "0.05"
included = 0

[reference]
columns = ["id"]

[subscription]
by = "phone_number"
column = "number"

[carrier]
constant = "att"
"""
LINES = """id,at,service,number,units
1,2026-03-01T09:00:00Z,SMS-MO,+12025550100,
2,2026-03-01T10:00:00Z,SMS-MT,+12025550100,
3,2026-03-01T11:00:00Z,CALL,+12025550100,30
4,2026-03-01T12:00:00Z,SMS-MO,+12025550101,
"""


def profile(*changes: tuple[str, str]) -> Profile:
    text = PROFILE
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return profiles.parse(text.encode(), source="texts")


@pytest.fixture
def subscriptions(strategy: Strategy, tmp_path: Path) -> list[int]:
    """Import the lines, and return the two subscriptions that they created."""
    file = tmp_path / "feed.csv"
    file.write_text(LINES)
    summary = import_feed(file, profile(), ImportOptions(create_subscriptions=True))
    assert (summary.lines, summary.accepted, summary.rejected) == (4, 4, 0)
    assert differences() == []
    return list(Subscription.objects.order_by("phone_number").values_list("pk", flat=True))


def results(client: Client, path: str) -> list[dict[str, object]]:
    answered: list[dict[str, object]] = client.get(f"/api/v1/usage/{path}").json()["results"]
    return answered


def test_both_answers_count_messages(subscriptions: list[int]) -> None:
    client = client_of(Scope.READ)
    metrics = results(client, f"metrics/?{PERIOD}&subscription_id={subscriptions[0]}")
    assert [(each["usage_type"], each["unit"], each["total_usage"], each["total_price"]) for each in metrics] == [
        ("sms", "messages", 2, "0.1000"),
        ("voice", "seconds", 30, "0.3000"),
    ]
    exceeding = results(client, f"exceeding/?{PERIOD}&price_limit=0.05&usage_type=sms")
    assert [(each["subscription_id"], each["exceeded"]) for each in exceeding] == [
        (subscriptions[0], [{"usage_type": "sms", "total_price": "0.1000", "exceeded_by": "0.0500"}]),
        (subscriptions[1], [{"usage_type": "sms", "total_price": "0.0500", "exceeded_by": "0.0000"}]),
    ]
    exported = b"".join(client.get(f"/api/v1/usage/metrics/?{PERIOD}&format=csv&usage_type=sms"))  # type: ignore[arg-type] # streams
    assert [line.split(",")[3:7] for line in exported.decode().splitlines()[1:]] == [
        ["sms", "messages", "0.1000", "2"],
        ["sms", "messages", "0.0500", "1"],
    ]


def test_a_limit_may_be_of_messages_alone(subscriptions: list[int]) -> None:
    make_limit(amount=Decimal("0.08"), usage_type="sms", starts=DAY)
    make_limit(amount=Decimal("0.4"), starts=DAY)
    evaluate()
    alerts = Alert.objects.order_by("price_limit").values_list("subscription", "usage_type", "price")
    assert list(alerts) == [(subscriptions[0], "sms", Decimal("0.1")), (subscriptions[0], None, Decimal("0.4"))]


def test_its_days_are_sealed_reopened_and_expired_like_others(subscriptions: list[int]) -> None:
    assert seal(DAY).sums.get(usage_type="sms").records == 3
    late = UsageRecordInput(UsageType.SMS, datetime(2026, 3, 1, 23, tzinfo=UTC), subscriptions[1], 2, Decimal("0.1"))
    assert ingest_usage([late]).accepted == 1
    sealed = seal(DAY)
    assert (sealed.reopened, sealed.sums.get(usage_type="sms").used) == (1, 5)
    expire(DAY)
    assert reconcile().drift_keys == 0


def test_one_subscription_of_explain_lists_messages(subscriptions: list[int]) -> None:
    body = client_of(Scope.READ).get(f"/api/v1/subscriptions/{subscriptions[1]}/usage/2026-03-01/").json()
    sms = next(each for each in body["usage_types"] if each["usage_type"] == "sms")
    assert (sms["adds_up"], sms["total"], [record["record_id"] for record in sms["records"]]) == (
        True,
        {"used": 1, "price": "0.0500", "records": 1},
        ["4"],
    )


def test_a_column_can_have_the_number_of_messages(tmp_path: Path) -> None:
    file = tmp_path / "feed.csv"
    file.write_text(LINES.replace("SMS-MO,+12025550101,", "SMS-MO,+12025550101,3").replace("0100,\n", "0100,1\n"))
    shown = preview(file, profile(("[sms]", '[sms]\ncolumns = ["units"]')), 10)
    assert [(each.record_id, each.usage_type, each.quantity) for each in shown.records] == [
        ("1", "sms", 1),
        ("2", "sms", 1),
        ("3", "voice", 30),
        ("4", "sms", 3),
    ]


def test_by_quantity_tells_data_and_voice_apart_only() -> None:
    listed = 'column = "service"\nsms = ["SMS-MO", "SMS-MT"]\nvoice = ["CALL"]'
    with pytest.raises(ProfileError, match=r"sms: usage_type.by_quantity tells data and voice apart only; take it out"):
        profile((listed, "by_quantity = true"))
