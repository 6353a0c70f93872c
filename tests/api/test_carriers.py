"""A key limited to a carrier sees, ingests and changes that carrier's subscriptions only."""

from datetime import date
from typing import Any, NamedTuple

import pytest
from django.test import Client

from tests.api.records import EXCEEDING, METRICS, answer, data, pages, voice
from tests.callers import client_of
from tests.capabilities import under_strategies
from wingtel.access.scopes import Scope
from wingtel.adjustments.services import adjust
from wingtel.aggregates.strategies import Strategy
from wingtel.subscriptions.models import Carrier, Plan, Purchase, Subscription
from wingtel.usage.models import DataUsageRecord, UsageAdjustment, UsageType

pytestmark = pytest.mark.django_db

RECORDS = "/api/v1/usage/records/"
ADJUSTMENTS = "/api/v1/usage/adjustments/"
PURCHASES = "/api/v1/purchases/"
PERIODS = [
    {},
    {"from_": "2026-06-01", "to": "2026-06-30"},
    {"from_": "2026-06-01", "to": "2026-07-31"},
    {"from_": "2026-06-02", "to": "2026-07-15"},
]


class Ours(NamedTuple):
    """A key limited to AT&T, and a subscription of either carrier."""

    client: Client
    att: int
    sprint: int


@pytest.fixture
def ours() -> Ours:
    return Ours(
        client_of(Scope.ADMIN, carrier=Carrier.ATT),
        Subscription.objects.create(carrier=Carrier.ATT, phone_number="+12025550100").pk,
        Subscription.objects.create(carrier=Carrier.SPRINT, phone_number="+12025550101").pk,
    )


@pytest.fixture
def many(strategy: Strategy) -> list[int]:
    """Create subscriptions of both carriers in turn, with usage worth their place. Return the ids of AT&T's."""
    carriers = [Carrier.ATT, Carrier.SPRINT] * 8
    made = Subscription.objects.bulk_create(Subscription(carrier=carrier) for carrier in carriers)
    for place, subscription in enumerate(made, start=1):
        data(subscription.pk, "2026-06-10", str(place))
        voice(subscription.pk, "2026-07-10", "0.5")
    return [subscription.pk for subscription in made if subscription.carrier == Carrier.ATT]


@under_strategies("counts_models")
@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.parametrize("page_size", [3, 100])
def test_exceeding_walks_past_other_carriers(many: list[int], period: dict[str, str], page_size: int) -> None:
    client = client_of(Scope.READ, carrier=Carrier.ATT)

    found = pages(client, EXCEEDING, price_limit="5", page_size=page_size, **period)

    expected = list(reversed(many))[:6]  # at 15, 13, 11, 9, 7 and 5
    assert [result["subscription_id"] for page in found for result in page] == expected
    assert [len(page) for page in found] == ([3, 3] if page_size == 3 else [6])


@under_strategies("counts_models")
@pytest.mark.parametrize("page_size", [3, 100])
@pytest.mark.parametrize("period", PERIODS[1:])
def test_metrics_walk_past_other_carriers(many: list[int], period: dict[str, str], page_size: int) -> None:
    client = client_of(Scope.READ, carrier=Carrier.ATT)

    found = pages(client, METRICS, usage_type="data", page_size=page_size, **period)

    assert [result["subscription_id"] for page in found for result in page] == many
    assert [len(page) for page in found] == ([3, 3, 2] if page_size == 3 else [8])


@under_strategies("counts_models")
def test_naming_a_subscription_of_another_carrier_finds_nothing(many: list[int]) -> None:
    other = Subscription.objects.filter(carrier=Carrier.SPRINT).values_list("pk", flat=True)[:3]
    client = client_of(Scope.READ, carrier=Carrier.ATT)
    ids = {"subscription_id": [*other, many[0]]}

    assert [r["subscription_id"] for r in answer(client, EXCEEDING, price_limit="1", **ids)["results"]] == many[:1]
    for period in PERIODS[1:3]:
        results = answer(client, METRICS, usage_type="data", **ids, **period)["results"]
        assert [result["subscription_id"] for result in results] == many[:1]
        exceeding = answer(client, EXCEEDING, price_limit="1", **ids, **period)["results"]
        assert [result["subscription_id"] for result in exceeding] == many[:1]


@pytest.mark.parametrize("granularity", ["day", "month"])
def test_the_series_of_another_carrier_is_empty_like_an_unknown_one(ours: Ours, granularity: str) -> None:
    for subscription in (ours.att, ours.sprint):
        data(subscription, "2026-06-10", "1")

    def points(subscription: int) -> int:
        path = f"/api/v1/subscriptions/{subscription}/usage/"
        return len(answer(ours.client, path, granularity=granularity)["results"])

    assert (points(ours.att), points(ours.sprint), points(999_999)) == (1, 0, 0)


def test_the_explanation_of_another_carrier_is_that_of_an_unknown_one(ours: Ours) -> None:
    for subscription in (ours.att, ours.sprint):
        data(subscription, "2026-06-10", "1")

    def explained(subscription: int) -> dict[str, Any]:
        body = answer(ours.client, f"/api/v1/subscriptions/{subscription}/usage/2026-06-10/")
        del body["as_of"], body["subscription_id"]
        return body

    assert explained(ours.att)["usage_types"][0]["total"]["records"] == 1
    assert explained(ours.sprint) == explained(999_999)


def test_records_of_another_carrier_are_rejected_like_unknown_ones(ours: Ours) -> None:
    def record(subscription: int) -> dict[str, Any]:
        return {
            "usage_type": "data",
            "usage_date": "2026-06-10T12:00:00Z",
            "subscription_id": subscription,
            "quantity": 1,
            "price": "1",
        }

    body = [record(ours.att), record(ours.sprint), record(999_999)]
    reply = ours.client.post(RECORDS, body, content_type="application/json").json()
    assert (reply["accepted"], [rejection["reason"] for rejection in reply["rejections"]]) == (
        1,
        [f"unknown subscription id {ours.sprint}", "unknown subscription id 999999"],
    )
    (one,) = ours.client.post(RECORDS, [record(ours.sprint)], content_type="application/json").json()["rejections"]
    assert one["reason"] == f"unknown subscription id {ours.sprint}"


def test_a_number_of_another_carrier_is_unknown(ours: Ours) -> None:
    def record(second: int, number: str) -> dict[str, Any]:
        return {
            "usage_type": "data",
            "usage_date": f"2026-06-10T12:00:0{second}Z",
            "phone_number": number,
            "quantity": 1,
            "price": "1",
        }

    def send(*records: dict[str, Any]) -> int:
        path = f"{RECORDS}?lookup=phone_number"
        accepted: int = ours.client.post(path, records, content_type="application/json").json()["accepted"]
        return accepted

    own, other = "+12025550100", "+12025550101"
    assert (send(record(1, own)), send(record(2, other)), send(record(3, own), record(4, other))) == (1, 0, 1)
    assert set(DataUsageRecord.objects.values_list("subscription_id", flat=True)) == {ours.att}


def test_adjustments_are_of_the_carrier_s_own(ours: Ours) -> None:
    made = [
        adjust(
            subscription_id=subscription,
            usage_type=UsageType.DATA,
            day=date(2026, 6, 10),
            used=1,
            reason="r",
            actor="a",
        ).pk
        for subscription in (ours.att, ours.sprint)
    ]
    reversal = {"reason": "r", "actor": "a"}

    assert [found["id"] for found in answer(ours.client, ADJUSTMENTS)["results"]] == made[:1]
    assert ours.client.get(f"{ADJUSTMENTS}{made[1]}/").status_code == 404
    assert ours.client.post(f"{ADJUSTMENTS}{made[1]}/reversal/", reversal, "application/json").status_code == 404
    assert ours.client.post(f"{ADJUSTMENTS}{made[0]}/reversal/", reversal, "application/json").status_code == 201
    new = {"usage_type": "data", "day": "2026-06-10", "used": 1, "price": "1", **reversal}
    response = ours.client.post(ADJUSTMENTS, new | {"subscription_id": ours.sprint}, "application/json")
    assert [error["field"] for error in response.json()["errors"]] == ["subscription_id"]
    assert UsageAdjustment.objects.filter(subscription=ours.sprint).count() == 1


def test_purchases_are_of_the_carrier_s_own(ours: Ours) -> None:
    own, other = (
        Purchase.objects.create(subscription_id=subscription, amount=1).pk for subscription in (ours.att, ours.sprint)
    )

    assert [found["id"] for found in answer(ours.client, PURCHASES)["results"]] == [own]
    assert answer(ours.client, PURCHASES, subscription_id=ours.sprint)["results"] == []
    assert ours.client.get(f"{PURCHASES}{other}/").status_code == 404
    assert ours.client.delete(f"{PURCHASES}{other}/").status_code == 404
    response = ours.client.patch(f"{PURCHASES}{own}/", {"subscription": ours.sprint}, "application/json")
    assert [error["field"] for error in response.json()["errors"]] == ["subscription"]


def test_subscriptions_of_another_carrier_are_forbidden(ours: Ours) -> None:
    assert ours.client.get("/api/v1/att_subscriptions/").status_code == 200
    for response in (
        ours.client.get("/api/v1/sprint_subscriptions/"),
        ours.client.get(f"/api/v1/sprint_subscriptions/{ours.sprint}/"),
        ours.client.post("/api/v1/sprint_subscriptions/", {}, "application/json"),
        ours.client.delete(f"/api/v1/sprint_subscriptions/{ours.sprint}/"),
    ):
        assert response.status_code == 403
    assert ours.client.get(f"/api/v1/att_subscriptions/{ours.sprint}/").status_code == 404


def test_what_concerns_all_carriers_is_forbidden(ours: Ours) -> None:
    plan = Plan.objects.create(name="Basic").pk

    assert ours.client.get(f"/api/v1/plans/{plan}/").status_code == 200
    for response in (
        ours.client.post("/api/v1/plans/", {"name": "New"}, "application/json"),
        ours.client.patch(f"/api/v1/plans/{plan}/", {"name": "New"}, "application/json"),
        ours.client.get("/api/v1/usage/days/"),
        ours.client.get("/api/v1/usage/reconciliations/"),
    ):
        assert response.status_code == 403
        assert "is limited to the carrier att" in response.json()["detail"]


@under_strategies("counts_models")
@pytest.mark.parametrize("period", PERIODS)
def test_files_hold_the_carrier_s_own(many: list[int], period: dict[str, str]) -> None:
    client = client_of(Scope.READ, carrier=Carrier.ATT)
    days = {name.rstrip("_"): day for name, day in period.items()}

    def ids(path: str, **params: str) -> list[int]:
        lines = b"".join(client.get(path, {"format": "csv"} | days | params)).decode().splitlines()
        return list(dict.fromkeys(int(line.partition(",")[0]) for line in lines[1:]))

    assert ids(EXCEEDING, price_limit="5") == list(reversed(many))[:6]
    if "from" in days and "to" in days:
        assert ids(METRICS) == many
