"""Exports of raw records, each with the file and line, or the request and index, that it came from."""

import csv
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
from django.db import connection
from django.test import Client

from tests.api.records import errors
from tests.callers import client_of
from tests.command import CommandFailed, outcome, run
from tests.sessions import new_connection
from wingtel.access.scopes import Scope
from wingtel.aggregates import queries
from wingtel.aggregates.periods import Period
from wingtel.exports import definitions
from wingtel.exports.formats import Format
from wingtel.imports import profiles
from wingtel.imports.service import ImportOptions, import_feed
from wingtel.lifecycle.expiry import expire
from wingtel.lifecycle.seals import seal
from wingtel.subscriptions.assignments import move_identifier
from wingtel.subscriptions.models import Plan, Subscription, SubscriptionIdentifier
from wingtel.usage.business_days import set_time_zone
from wingtel.usage.models import DataUsageRecord

pytestmark = pytest.mark.django_db(transaction=True)

RECORDS = "/api/v1/usage/records/"
MARCH = "from=2026-03-01&to=2026-03-31"
HEADER = (
    "record_id,subscription_id,phone_number,external_id,usage_type,unit,usage_date,day,quantity,price,"
    "origin,reference,file,line,currency\n"
)
FEED = """record_id,carrier,subscription,usage_type,usage_date,quantity,price
r1,att,+12025550100,data,2026-03-01T23:59:59.5Z,5,0.1
broken,att,+12025550100,data,yesterday,1,0.1
=r2,sprint,+12025550101,voice,2026-03-02T00:00:00Z,60,0.123456
r3,att,+12025550100,data,2026-03-02T13:00:00Z,7,12
"""


@pytest.fixture
def ids(transactional_db: None) -> list[int]:
    """Create three subscriptions. The last one gets the number of the first at noon of 2 March."""
    gold = Plan.objects.create(name="Gold")
    former = Subscription.objects.create(carrier="att", phone_number="+12025550100", external_id="crm-1", plan=gold)
    other = Subscription.objects.create(carrier="sprint", phone_number="+12025550101", external_id="=1+1")
    new = Subscription.objects.create(carrier="att", external_id="crm-3")
    held = SubscriptionIdentifier.objects.get(value="+12025550100")
    move_identifier(held.pk, to=new.pk, at=datetime(2026, 3, 2, 12, tzinfo=UTC))
    return [former.pk, other.pk, new.pk]


@pytest.fixture
def import_id(ids: list[int], tmp_path: Path) -> int:
    """Import a file, post two records, and store a record without origin. Return the id of the import."""
    file = tmp_path / "feed.csv"
    file.write_text(FEED)
    summary = import_feed(file, profiles.find("wingtel"), ImportOptions(), name="-nightly/feed.csv")
    sent = [
        {"record_id": f"h{n}", "usage_type": "voice", "usage_date": f"2026-03-02T1{n}:00:00+01:00", "quantity": n + 1}
        | {"subscription_id": ids[n], "price": "0.50"}
        for n in range(2)
    ]
    headers = {"X-Request-Id": "request-7"}
    response = client_of(Scope.INGEST).post(RECORDS, json.dumps(sent), "application/json", headers=headers)
    assert response.json()["accepted"] == 2
    DataUsageRecord.objects.create(
        record_id="o1",
        subscription_id=ids[0],
        usage_date=datetime(2026, 3, 31, 12, 0, 0, 1, UTC),
        kilobytes_used=9,
        price=Decimal("-0.00000001"),
    )
    assert summary.import_id is not None
    return summary.import_id


def exported(client: Client, path: str) -> bytes:
    response = client.get(path)
    assert response.status_code == 200, response.content
    return b"".join(response)


def gone(client: Client, period: str) -> str | None:
    """Return the days whose records have expired, as an export states them."""
    response = client.get(f"{RECORDS}?{period}")
    assert b"".join(response).decode().startswith(HEADER)  # which closes it
    return response.headers.get("Wingtel-Records-Gone")


def record_ids(client: Client, params: str) -> list[str]:
    """Return the record ids of an export of March."""
    return [
        json.loads(line)["record_id"]
        for line in exported(client, f"{RECORDS}?{MARCH}&format=ndjson&{params}").splitlines()
    ]


def printed(*arguments: str) -> tuple[str, str]:
    """Run the command. Return its standard output and standard error."""
    result = outcome("records", *arguments)
    assert result.exit_code == 0, result.stderr
    return result.stdout, result.stderr


def test_each_record_tells_its_file_and_line_or_its_request(client: Client, ids: list[int], import_id: int) -> None:
    a, b, c = ids
    at = f"import,{import_id},'-nightly/feed.csv"
    expected = HEADER + (
        f"r1,{a},,crm-1,data,kilobytes,2026-03-01T23:59:59.500000Z,2026-03-01,5,0.1000,{at},2,USD\n"
        f"'=r2,{b},+12025550101,'=1+1,voice,seconds,2026-03-02T00:00:00Z,2026-03-02,60,0.123456,{at},4,USD\n"
        f"h0,{a},,crm-1,voice,seconds,2026-03-02T09:00:00Z,2026-03-02,1,0.5000,request,request-7,,0,USD\n"
        f"h1,{b},+12025550101,'=1+1,voice,seconds,2026-03-02T10:00:00Z,2026-03-02,2,0.5000,request,request-7,,1,USD\n"
        f"r3,{c},+12025550100,crm-3,data,kilobytes,2026-03-02T13:00:00Z,2026-03-02,7,12.0000,{at},5,USD\n"
        f"o1,{a},,crm-1,data,kilobytes,2026-03-31T12:00:00.000001Z,2026-03-31,9,-0.00000001,,,,,USD\n"
    )
    assert exported(client, f"{RECORDS}?{MARCH}&format=csv").decode() == expected
    assert printed("--from", "2026-03-01", "--to", "2026-03-31", "--format", "csv") == (expected, "")


def test_ndjson_has_texts_as_they_were_and_prices_as_strings(client: Client, ids: list[int], import_id: int) -> None:
    lines = exported(client, f"{RECORDS}?{MARCH}&format=ndjson").splitlines()

    assert json.loads(lines[1]) == {
        "record_id": "=r2",
        "subscription_id": ids[1],
        "phone_number": "+12025550101",
        "external_id": "=1+1",
        "usage_type": "voice",
        "unit": "seconds",
        "usage_date": "2026-03-02T00:00:00Z",
        "day": "2026-03-02",
        "quantity": 60,
        "price": "0.123456",
        "origin": "import",
        "reference": str(import_id),
        "file": "-nightly/feed.csv",
        "line": 4,
        "currency": "USD",
    }
    last = json.loads(lines[-1])
    assert (last["record_id"], last["origin"], last["file"], last["line"]) == ("o1", "", "", None)


def test_parquet_is_typed(client: Client, ids: list[int], import_id: int, tmp_path: Path) -> None:
    output = tmp_path / "march.parquet"
    assert printed("--from", "2026-03-01", "--to", "2026-03-31", "--format", "parquet", "--output", str(output)) == (
        "",
        "",
    )
    duckdb.sql("SET TimeZone = 'UTC'")
    found = duckdb.read_parquet(str(output))

    assert dict(zip(found.columns, map(str, found.types), strict=True)) == {
        "record_id": "VARCHAR",
        "subscription_id": "BIGINT",
        "phone_number": "VARCHAR",
        "external_id": "VARCHAR",
        "usage_type": "VARCHAR",
        "unit": "VARCHAR",
        "usage_date": "TIMESTAMP WITH TIME ZONE",
        "day": "DATE",
        "quantity": "BIGINT",
        "price": "DECIMAL(38,8)",
        "origin": "VARCHAR",
        "reference": "VARCHAR",
        "file": "VARCHAR",
        "line": "BIGINT",
        "currency": "VARCHAR",
    }
    columns = "record_id, subscription_id, epoch_us(usage_date), day, quantity, price, reference, file, line"
    first, *_, last = found.project(columns).fetchall()
    microseconds = int(datetime(2026, 3, 1, 23, 59, 59, tzinfo=UTC).timestamp()) * 10**6 + 500_000
    file = "-nightly/feed.csv"
    assert first == ("r1", ids[0], microseconds, date(2026, 3, 1), 5, Decimal("0.1"), str(import_id), file, 2)
    assert last[-5:] == (9, Decimal("-0.00000001"), "", "", None)
    assert exported(client, f"{RECORDS}?{MARCH}&format=parquet")[:4] == b"PAR1"


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ("usage_type=voice", ["=r2", "h0", "h1"]),
        ("carrier=sprint", ["=r2", "h1"]),
        ("plan=GOLD", ["r1", "h0", "o1"]),
        ("subscription_id=A&subscription_id=C&usage_type=data", ["r1", "r3", "o1"]),
        ("phone_number=%2B12025550100", ["r3"]),
        ("external_id=crm-1", ["r1", "h0", "o1"]),
        ("external_id=nobody", []),
    ],
)
def test_filters_select_records(
    client: Client, ids: list[int], import_id: int, params: str, expected: list[str]
) -> None:
    params = params.replace("GOLD", str(Plan.objects.get().pk))
    assert record_ids(client, params.replace("=A", f"={ids[0]}").replace("=C", f"={ids[2]}")) == expected


def test_the_days_at_the_edges_are_included_and_no_others(client: Client, import_id: int) -> None:
    path = f"{RECORDS}?format=csv&from=2026-03-02&to=2026-03-30"
    rows = csv.DictReader(io.StringIO(exported(client, path).decode()))
    assert [row["record_id"] for row in rows] == ["'=r2", "h0", "h1", "r3"]


def test_days_are_those_of_the_operators_zone(client: Client) -> None:
    set_time_zone("America/New_York")
    subscription = Subscription.objects.create(carrier="att").pk
    for record_id, hour in (("late", 3), ("early", 4)):
        timestamp = datetime(2026, 6, 2, hour, tzinfo=UTC)
        DataUsageRecord.objects.create(
            record_id=record_id, subscription_id=subscription, usage_date=timestamp, kilobytes_used=1
        )
    (line,) = exported(client, f"{RECORDS}?from=2026-06-01&to=2026-06-01&format=ndjson").splitlines()
    record = json.loads(line)
    assert (record["record_id"], record["usage_date"], record["day"]) == ("late", "2026-06-02T03:00:00Z", "2026-06-01")


def test_a_key_of_a_carrier_gets_the_records_of_its_own_subscriptions(import_id: int) -> None:
    sprint = client_of(Scope.READ, carrier="sprint")
    assert record_ids(sprint, "") == ["=r2", "h1"]
    assert record_ids(sprint, "external_id=crm-1") == []
    assert sprint.get(f"{RECORDS}?{MARCH}&carrier=att").status_code == 403
    assert client_of(Scope.INGEST).get(f"{RECORDS}?{MARCH}").status_code == 403
    assert Client().get(f"{RECORDS}?{MARCH}").status_code == 401


def test_days_whose_records_are_gone_are_listed(client: Client, ids: list[int], import_id: int, tmp_path: Path) -> None:
    assert gone(client, MARCH) is None
    for day in (date(2026, 3, 1), date(2026, 3, 2)):
        seal(day)
        expire(day)

    assert gone(client, MARCH) == "2026-03-01/2026-03-02"
    assert gone(client, "from=2026-03-02&to=2026-03-02") == "2026-03-02/2026-03-02"
    assert gone(client, "from=2026-03-03&to=2026-03-31") is None
    assert record_ids(client, "") == ["o1"]

    output = tmp_path / "march.parquet"
    _, told = printed("--from", "2026-03-01", "--to", "2026-03-31", "--format", "parquet", "--output", str(output))
    assert told == (
        "Not all is there: raw records of business days in 2026-03-01/2026-03-02 have expired. `wingtel days list`"
        " lists these days, and `wingtel metrics` has what was used and paid on them.\n"
    )
    ((metadata,),) = duckdb.sql(f"SELECT value FROM parquet_kv_metadata('{output}') WHERE key = 'wingtel'").fetchall()
    assert json.loads(metadata) | {"as_of": ""} == {
        "from": "2026-03-01",
        "to": "2026-03-31",
        "as_of": "",
        "records_gone": "2026-03-01/2026-03-02",
    }


def test_no_day_expires_while_its_records_are_exported(import_id: int) -> None:
    march = Period(date(2026, 3, 1), date(2026, 3, 31))
    expiring = "SET LOCAL lock_timeout = '50ms'; SELECT usage_lock_day('2026-03-31')"
    with definitions.records(period=march, form=Format.NDJSON) as export, new_connection() as other:
        with pytest.raises(psycopg.errors.LockNotAvailable):
            other.execute(expiring)
        other.rollback()
        assert b"".join(export.chunks).count(b"\n") == 6
    with new_connection() as other:
        other.execute(expiring)


def test_memory_holds_a_block_and_a_failure_leaves_the_connection_usable(
    ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "CHUNK_BYTES", 1000)
    DataUsageRecord.objects.bulk_create(
        DataUsageRecord(
            record_id=f"r{number:03}",
            subscription_id=ids[0],
            usage_date=datetime(2026, 3, 1 + number // 100, 12, tzinfo=UTC),
            kilobytes_used=number,
        )
        for number in range(300)
    )
    march = Period(date(2026, 3, 1), date(2026, 3, 31))
    with queries.all_records(period=march) as found:
        chunks = list(found.chunks)
    assert all(len(chunk) < 1200 for chunk in chunks)
    lines = b"".join(chunks).decode().splitlines()
    assert [line[:4] for line in lines] == [f"r{number:03}" for number in range(300)]

    def fail() -> None:
        with queries.all_records(period=march) as found:
            next(found.chunks)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert DataUsageRecord.objects.count() == 300


def test_each_day_is_read_from_its_own_partitions_alone(import_id: int) -> None:
    parameters: dict[str, Any] = dict.fromkeys(("subscription_ids", "carrier", "plan", "units"))
    parameters |= {"first": "2026-03-02", "last": "2026-03-02", "usage_types": ["data", "voice"]}
    parameters |= {"for_spreadsheets": False, "batch_lines": 1 << 20}
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, COSTS OFF) {queries.COMPLETE_ANSWERS['all_records']}", parameters)
        plan = [line for (line,) in cursor.fetchall() if "usage_record_" in line]
    never = [line for line in plan if "never executed" in line]
    assert {line.split(" on ")[1].split()[0] for line in plan if line not in never} == {
        "wingtel_data_usage_record_20260302",
        "wingtel_voice_usage_record_20260302",
    }
    assert len(never) == 4


def test_wrong_requests_are_rejected(client: Client) -> None:
    assert [fault["parameter"] for fault in errors(client, f"{RECORDS}?from=2026-03-01&page_size=1")] == [
        "page_size",
        "to",
    ]
    for response in (
        client.get(f"{RECORDS}?{MARCH}&format=json"),
        client.get(f"{RECORDS}?{MARCH}", headers={"accept": "application/json"}),
    ):
        assert response.status_code == 406
        assert "json" not in response.json()["detail"].partition("csv")[2].replace("ndjson", "")
    assert exported(client, f"{RECORDS}?{MARCH}").decode() == HEADER
    head = client.head(f"{RECORDS}?{MARCH}&format=parquet")
    assert (head.status_code, head["Content-Type"], head.content) == (200, "application/vnd.apache.parquet", b"")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--from", "2026-03-01"], "--to"),
        (["--from", "2026-03-02", "--to", "2026-03-01"], "before the first"),
        (["--from", "2026-03-01", "--to", "2026-03-01", "--format", "parquet"], "needs --output"),
        (["--from", "2026-03-01", "--to", "2026-03-01", "--output", "x.json"], "say its --format"),
    ],
)
def test_wrong_options_are_rejected(options: list[str], message: str) -> None:
    with pytest.raises(CommandFailed, match=message):
        run("records", *options)
