"""Provenance: a raw record has the file and line, or the request and index, that it came from."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.test import Client

from tests.callers import client_of
from wingtel.access.scopes import Scope
from wingtel.adjustments.explanation import explain
from wingtel.adjustments.serialization import explanation_answer
from wingtel.imports import profiles
from wingtel.imports.service import ImportOptions, import_feed
from wingtel.subscriptions.models import Subscription
from wingtel.usage import partitions
from wingtel.usage.models import DataUsageRecord, IngestBatch
from wingtel.usage.provenance import delete_spent_batches

pytestmark = pytest.mark.django_db(transaction=True)
HEADER = "record_id,carrier,subscription,usage_type,usage_date,quantity,price\n"
DAY = date(2026, 3, 1)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def line(number: int) -> str:
    return f"r{number:05},att,+12025550100,data,2026-03-01T{number % 24:02}:00:00Z,{number},0.1\n"


def origins(subscription: int) -> dict[str, object]:
    body = msgspec.to_builtins(explanation_answer(explain(subscription_id=subscription, day=DAY, most_records=1000)))
    return {record["record_id"]: record["origin"] for kind in body["usage_types"] for record in kind["records"]}


@pytest.mark.parametrize("batch_lines", [3, 1000])
def test_a_total_is_explained_down_to_the_line_of_the_file(tmp_path: Path, batch_lines: int) -> None:
    file = tmp_path / "feed.csv"
    bad = "broken,att,+12025550100,data,yesterday,1,0.1\n"
    file.write_text(HEADER + line(1) + bad + "\n" + "".join(map(line, range(2, 12))))
    options = ImportOptions(create_subscriptions=True, batch_lines=batch_lines)
    summary = import_feed(file, profiles.find("wingtel"), options, name="att/feed.csv")
    found = origins(Subscription.objects.get().pk)
    lines = {1: 2} | {number: number + 3 for number in range(2, 12)}
    assert found == {
        f"r{number:05}": {"import_id": summary.import_id, "file": "att/feed.csv", "line": at}
        for number, at in lines.items()
    }


@pytest.mark.parametrize("company", [0, 3])
def test_a_record_of_a_request_knows_its_index(transactional_db: None, company: int) -> None:
    subscription = Subscription.objects.create(carrier="att").pk
    client: Client = client_of(Scope.INGEST)
    records = [
        {
            "record_id": f"r{number}",
            "usage_type": "data",
            "usage_date": "2026-03-01T09:30:00Z",
            "subscription_id": subscription,
            "quantity": 1,
            "price": "0.1",
        }
        for number in range(company + 1)
    ]
    headers = {"X-Request-Id": "request-7"}
    response = client.post("/api/v1/usage/records/", json.dumps(records), "application/json", headers=headers)
    assert response.json()["accepted"] == company + 1
    assert origins(subscription) == {
        f"r{number}": {"request_id": "request-7", "index": number} for number in range(company + 1)
    }


def test_the_one_valid_record_of_a_request_knows_its_index() -> None:
    subscription = Subscription.objects.create(carrier="att").pk
    record = {
        "usage_type": "data",
        "usage_date": "2026-03-01T09:30:00Z",
        "subscription_id": subscription,
        "quantity": 1,
        "price": "0.1",
    }
    records = [record | {"quantity": -1}, record | {"record_id": "r"}, record | {"price": "-1"}]
    headers = {"X-Request-Id": "request-7"}
    for _ in range(2):  # the second time, the day has its partition and the record is a duplicate
        client_of(Scope.INGEST).post("/api/v1/usage/records/", json.dumps(records), "application/json", headers=headers)
    assert origins(subscription) == {"r": {"request_id": "request-7", "index": 1}}


def test_what_is_written_otherwise_has_no_origin() -> None:
    subscription = Subscription.objects.create(carrier="att")
    DataUsageRecord.objects.create(record_id="r", subscription=subscription, usage_date=NOON, kilobytes_used=1, price=1)
    assert origins(subscription.pk) == {"r": None}
    assert not IngestBatch.objects.exists()


def test_batches_go_when_none_of_their_records_can_be_left(settings: Any) -> None:
    settings.WINGTEL_MAX_FUTURE_DAYS = 2
    partitions.ensure([DAY])
    days = [DAY - timedelta(days=back) for back in (2, 3, 30)]
    for day in days:
        batch = IngestBatch.objects.create(origin="import", reference="1", first_line=1)
        ingested_at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        IngestBatch.objects.filter(pk=batch.pk).update(ingested_at=ingested_at)
    assert delete_spent_batches() == 2
    assert [batch.ingested_at.date() for batch in IngestBatch.objects.all()] == [days[0]]
