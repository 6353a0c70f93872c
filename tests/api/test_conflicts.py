"""Conflicts over HTTP and by command."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.test import Client

from tests.callers import client_of
from tests.command import run
from wingtel.access.scopes import Scope
from wingtel.ingest.batch import IngestOptions, Origin
from wingtel.ingest.inputs import UsageRecordInput
from wingtel.ingest.service import ingest_usage
from wingtel.subscriptions.models import Carrier, Subscription
from wingtel.usage.models import IngestBatch, UsageType

pytestmark = pytest.mark.django_db
CONFLICTS = "/api/v1/usage/conflicts/"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ORIGIN = Origin(kind=IngestBatch.Origin.REQUEST, reference="request-9")


@pytest.fixture
def subscription() -> Subscription:
    """Create a subscription with a conflict of one record."""
    made = Subscription.objects.create(carrier=Carrier.ATT)
    record = UsageRecordInput(UsageType.DATA, NOON, made.pk, 10, Decimal("0.5"), "r")
    ingest_usage([record])
    ingest_usage([record._replace(quantity=11, price=Decimal("0.55"))], IngestOptions(origin=ORIGIN))
    return made


def test_both_amounts_are_told_with_the_origin_of_the_second(client: Client, subscription: Subscription) -> None:
    (conflict,) = client.get(CONFLICTS).json()["results"]
    assert conflict.pop("detected_at")
    assert conflict.pop("id")
    assert conflict == {
        "subscription_id": subscription.pk,
        "usage_type": "data",
        "record_id": "r",
        "usage_date": "2026-03-01T12:00:00Z",
        "stored_quantity": 10,
        "stored_price": "0.5000",
        "quantity": 11,
        "price": "0.5500",
        "currency": "USD",
        "origin": {"request_id": "request-9", "index": 0},
    }
    assert client.get(f"{CONFLICTS}?subscription_id={subscription.pk + 1}").json()["results"] == []


def test_those_of_other_carriers_are_not_told(subscription: Subscription) -> None:
    for carrier, found in ((Carrier.ATT, 1), (Carrier.SPRINT, 0)):
        response = client_of(Scope.READ, carrier=carrier).get(CONFLICTS)
        assert len(response.json()["results"]) == found


def test_the_command_lists_them(subscription: Subscription) -> None:
    header, line = run("conflicts", "list", "--subscription", subscription.pk, "--format", "csv").splitlines()
    row = dict(zip(header.split(","), line.split(","), strict=True))
    assert (row["stored_quantity"], row["quantity"], row["origin"]) == ("10", "11", "request request-9 [0]")
