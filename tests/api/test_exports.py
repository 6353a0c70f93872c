"""Complete results as files, by `format` or `Accept`."""

import csv
import io
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pyarrow as pa
import pytest
from django.db import connection
from django.test import Client
from pyarrow import parquet

from tests.sessions import new_connection
from wingtel.api.common import export_responses
from wingtel.exports import definitions
from wingtel.exports.formats import Format
from wingtel.subscriptions.models import Plan, Subscription

from .records import EXCEEDING, METRICS, data, errors, pages, voice

pytestmark = pytest.mark.django_db

JUNE = "from=2026-06-01&to=2026-06-30"
SERIES = "/api/v1/subscriptions/7/usage/"


@pytest.fixture
def used() -> None:
    """Store usage of two subscriptions in June, and some in July."""
    data(7, "2026-06-03", "12.0000", kilobytes=123000)
    data(7, "2026-06-30", "0.3000", kilobytes=456)
    data(7, "2026-07-01", "99.0000", kilobytes=1)
    voice(7, "2026-06-01", "1.5000", seconds=90)
    voice(9, "2026-06-01", "13.0000", seconds=600)


def exported(client: Client, path: str, **headers: str) -> bytes:
    """Return the exported file, whose length is that of the header."""
    response = client.get(path, headers=headers)
    assert response.status_code == 200, response.content
    body = b"".join(response)  # the end closes it
    assert int(response["Content-Length"]) == len(body)
    return body


def test_metrics_as_csv(client: Client, used: None) -> None:
    assert exported(client, f"{METRICS}?{JUNE}&format=csv").decode() == (
        "subscription_id,phone_number,external_id,usage_type,unit,total_price,total_usage,records,currency\n"
        "7,,,data,kilobytes,12.3000,123456,2,USD\n"
        "7,,,voice,seconds,1.5000,90,1,USD\n"
        "9,,,voice,seconds,13.0000,600,1,USD\n"
    )


def test_a_file_comes_with_its_length_also_to_clients_that_accept_compression(client: Client, used: None) -> None:
    path = f"{METRICS}?{JUNE}&format=csv"
    assert exported(client, path, **{"accept-encoding": "gzip"}) == exported(client, path)


def test_exceeding_as_csv_begins_with_the_largest_price(client: Client, used: None) -> None:
    assert exported(client, f"{EXCEEDING}?{JUNE}&price_limit=1.5&format=csv").decode() == (
        "subscription_id,phone_number,external_id,usage_type,total_price,exceeded_by,currency\n"
        "9,,,voice,13.0000,11.5000,USD\n"
        "7,,,data,12.3000,10.8000,USD\n"
        "7,,,voice,1.5000,0.0000,USD\n"
    )


def test_a_series_as_csv(client: Client, used: None) -> None:
    assert exported(client, f"{SERIES}?granularity=month&usage_type=data&format=csv").decode() == (
        "subscription_id,start,usage_type,unit,total_price,total_usage,records,currency\n"
        "7,2026-06-01,data,kilobytes,12.3000,123456,2,USD\n"
        "7,2026-07-01,data,kilobytes,99.0000,1,1,USD\n"
    )


def test_metrics_as_ndjson_have_money_as_strings(client: Client, used: None) -> None:
    lines = exported(client, f"{METRICS}?{JUNE}&format=ndjson&usage_type=voice").decode().splitlines()

    assert [json.loads(line) for line in lines] == [
        {
            "subscription_id": 7,
            "phone_number": "",
            "external_id": "",
            "usage_type": "voice",
            "unit": "seconds",
            "total_price": "1.5000",
            "total_usage": 90,
            "records": 1,
            "currency": "USD",
        },
        {
            "subscription_id": 9,
            "phone_number": "",
            "external_id": "",
            "usage_type": "voice",
            "unit": "seconds",
            "total_price": "13.0000",
            "total_usage": 600,
            "records": 1,
            "currency": "USD",
        },
    ]


def test_a_series_as_ndjson_has_days_as_strings(client: Client, used: None) -> None:
    lines = exported(client, f"{SERIES}?from=2026-07-01&format=ndjson").decode().splitlines()

    assert [json.loads(line)["start"] for line in lines] == ["2026-07-01"]


def test_exceeding_as_parquet_has_exact_decimals_and_says_what_it_is(client: Client, used: None) -> None:
    path = f"{EXCEEDING}?{JUNE}&price_limit=12.3&format=parquet"
    table = parquet.read_table(io.BytesIO(exported(client, path)))

    assert table.schema.remove_metadata() == pa.schema(
        [
            pa.field("subscription_id", pa.int64(), nullable=False),
            pa.field("phone_number", pa.string(), nullable=False),
            pa.field("external_id", pa.string(), nullable=False),
            pa.field("usage_type", pa.string(), nullable=False),
            pa.field("total_price", pa.decimal128(38, 8), nullable=False),
            pa.field("exceeded_by", pa.decimal128(38, 8), nullable=False),
            pa.field("currency", pa.string(), nullable=False),
        ]
    )
    assert table.to_pylist() == [
        {
            "subscription_id": 9,
            "phone_number": "",
            "external_id": "",
            "usage_type": "voice",
            "total_price": Decimal("13.0000"),
            "exceeded_by": Decimal("0.7000"),
            "currency": "USD",
        },
        {
            "subscription_id": 7,
            "phone_number": "",
            "external_id": "",
            "usage_type": "data",
            "total_price": Decimal("12.3000"),
            "exceeded_by": Decimal("0.0000"),
            "currency": "USD",
        },
    ]
    about = json.loads(table.schema.metadata[b"wingtel"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", about.pop("as_of"))
    assert about == {"price_limit": "12.30", "from": "2026-06-01", "to": "2026-06-30"}
    assert b"in the currency" in table.schema.field("total_price").metadata[b"meaning"]


def test_a_series_as_parquet_has_days(client: Client, used: None) -> None:
    table = parquet.read_table(io.BytesIO(exported(client, f"{SERIES}?from=2026-07-01&format=parquet")))

    assert (table.schema.field("start").type, table["start"].to_pylist()[0].isoformat()) == (
        pa.date32(),
        "2026-07-01",
    )


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("text/csv", "text/csv"),
        ("application/x-ndjson", "application/x-ndjson"),
        ("application/vnd.apache.parquet", "application/vnd.apache.parquet"),
        ("application/json;q=0.5, text/csv", "text/csv"),
        ("text/csv;q=0.5, application/json", "application/json"),
        ("text/csv; header=present", "text/csv"),
        ("text/*", "text/csv"),
        ("text/html, application/xhtml+xml, */*;q=0.8", "application/json"),
        ("application/json; charset=utf-8", "application/json"),
        ("*/*", "application/json"),
    ],
)
def test_the_format_is_what_the_client_prefers(client: Client, accept: str, media_type: str) -> None:
    response = client.get(f"{METRICS}?{JUNE}", headers={"accept": accept})

    assert (response.status_code, response["Content-Type"]) == (200, media_type)
    assert "Accept" in response["Vary"]
    assert b"".join(response) or media_type != "application/json"


def test_the_parameter_goes_before_the_header(client: Client) -> None:
    response = client.get(f"{METRICS}?{JUNE}&format=json", headers={"accept": "text/csv"})

    assert (response.status_code, response["Content-Type"]) == (200, "application/json")


def test_a_file_has_its_name_and_its_timestamp(client: Client, used: None) -> None:
    response = client.get(f"{EXCEEDING}?price_limit=12&from=2026-06-01&format=csv")

    assert response["Content-Disposition"] == 'attachment; filename="exceeding-12.00-from-2026-06-01.csv"'
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", response["Wingtel-As-Of"])
    assert len(b"".join(response)) == int(response["Content-Length"])


@pytest.mark.parametrize("path", [f"{METRICS}?{JUNE}", f"{EXCEEDING}?price_limit=1", f"{SERIES}?"])
def test_an_unknown_format_is_not_acceptable(client: Client, path: str) -> None:
    for response in (
        client.get(f"{path}&format=xlsx"),
        client.get(f"{path}&format="),
        client.get(path, headers={"accept": "application/xml"}),
    ):
        assert (response.status_code, response["Content-Type"]) == (406, "application/problem+json")
        assert response.json()["type"] == "/problems/not-acceptable"
        assert "csv" in response.json()["detail"]


def test_a_file_is_not_cut_into_pages(client: Client) -> None:
    assert errors(client, f"{METRICS}?{JUNE}&format=csv&page_size=10") == [
        {"parameter": "page_size", "rule": "not together with csv, which holds every result", "value": "10"}
    ]


def test_a_wrong_parameter_is_rejected_before_anything_is_sent(client: Client) -> None:
    assert [error["parameter"] for error in errors(client, f"{METRICS}?from=2026-06-01&format=csv")] == ["to"]


@pytest.mark.parametrize("form", list(Format))
def test_an_answer_without_results_is_a_file_too(client: Client, form: Format) -> None:
    body = exported(client, f"{METRICS}?{JUNE}&format={form}")

    match form:
        case Format.CSV:
            header = "subscription_id,phone_number,external_id,usage_type,unit,total_price,total_usage,records,currency"
            assert body.decode() == f"{header}\n"
        case Format.NDJSON:
            assert body == b""
        case Format.PARQUET:
            assert parquet.read_table(io.BytesIO(body)).num_rows == 0


def test_head_makes_no_file(client: Client) -> None:
    response = client.head(f"{METRICS}?{JUNE}&format=csv")

    assert (response.status_code, response["Content-Type"], response.content) == (200, "text/csv", b"")


def test_every_cell_is_a_number_a_day_or_a_known_word(client: Client) -> None:
    """A spreadsheet treats none as a formula: the sign of a credit is followed by a number."""
    data(7, "2026-06-03", "12.0000")
    client.post(
        "/api/v1/usage/adjustments/",
        {
            "subscription_id": 7,
            "usage_type": "voice",
            "day": "2026-06-04",
            "used": -90,
            "price": "-1.5000",
            "reason": "=1+1",
            "actor": "@finance",
        },
        content_type="application/json",
    )
    lines = exported(client, f"{SERIES}?format=csv").decode().splitlines()[1:]
    lines += exported(client, f"{METRICS}?{JUNE}&format=csv").decode().splitlines()[1:]

    cells = {cell for line in lines for cell in line.split(",")}
    known = r"|-?\d+(\.\d{4})?|\d{4}-\d\d-\d\d|data|voice|kilobytes|seconds|USD"
    assert {cell for cell in cells if not re.fullmatch(known, cell)} == set()


STRANGE = {"=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@it": "'@it", 'a,"b" c': '"a,""b"" c"', "é=": "é="}


@pytest.mark.parametrize(("path", "params"), [(METRICS, JUNE), (EXCEEDING, "price_limit=1")])
def test_an_external_id_is_no_formula_to_a_spreadsheet_and_exact_to_programs(
    client: Client, path: str, params: str
) -> None:
    made = Subscription.objects.bulk_create(Subscription(carrier="att", external_id=text) for text in STRANGE)
    for subscription in made:
        data(subscription.pk, "2026-06-03", "12.0000")

    lines = exported(client, f"{path}?{params}&format=csv").decode().splitlines()[1:]
    assert [line.partition(",data,")[0] for line in lines] == [
        f"{subscription.pk},,{cell}" for subscription, cell in zip(made, STRANGE.values(), strict=True)
    ]
    ndjson = exported(client, f"{path}?{params}&format=ndjson").decode().splitlines()
    assert [json.loads(line)["external_id"] for line in ndjson] == list(STRANGE)
    table = parquet.read_table(io.BytesIO(exported(client, f"{path}?{params}&format=parquet")))
    assert table["external_id"].to_pylist() == list(STRANGE)
    assert [result["external_id"] for page in pages(client, f"{path}?{params}") for result in page] == list(STRANGE)


@pytest.mark.parametrize("form", list(Format))
def test_a_file_tells_numbers_and_is_of_those_asked_for(client: Client, form: Format) -> None:
    plan = Plan.objects.create(name="Gold")
    made = Subscription.objects.bulk_create(
        Subscription(carrier=carrier, plan=of_plan, phone_number=f"+1202555010{number}", external_id=f"crm-{number}")
        for number, (carrier, of_plan) in enumerate([("att", plan), ("sprint", plan), ("att", None)])
    )
    for subscription in made:
        data(subscription.pk, "2026-06-03", "12.0000")

    def found(params: str) -> list[tuple[str, str]]:
        body = exported(client, f"{METRICS}?{JUNE}&{params}&format={form}")
        match form:
            case Format.CSV:
                rows = list(csv.DictReader(io.StringIO(body.decode())))
            case Format.NDJSON:
                rows = [json.loads(line) for line in body.splitlines()]
            case Format.PARQUET:
                rows = parquet.read_table(io.BytesIO(body)).to_pylist()
        return [(row["phone_number"], row["external_id"]) for row in rows]

    one, two, three = ((f"+1202555010{number}", f"crm-{number}") for number in range(3))
    assert found("") == [one, two, three]
    assert found("carrier=att") == [one, three]
    assert found(f"plan={plan.pk}") == [one, two]
    assert found(f"plan={plan.pk}&carrier=sprint") == [two]
    assert found("phone_number=12025550102&phone_number=%2B12025550100") == [one, three]
    assert found("external_id=crm-1&external_id=crm-2&phone_number=2025550102") == [three]
    assert found("external_id=nobody") == []


@pytest.mark.parametrize(
    ("path", "params"),
    [
        (EXCEEDING, {"price_limit": "2", "from": "2026-06-01", "to": "2026-06-30"}),
        (METRICS, {"from": "2026-05-20", "to": "2026-07-10"}),
    ],
)
def test_a_file_holds_what_the_pages_hold_in_their_order(client: Client, path: str, params: dict[str, str]) -> None:
    for number in range(1, 40):
        for day in ("2026-05-31", "2026-06-10", "2026-07-02"):
            (data if number % 3 else voice)(number, day, f"{number * 7 % 11}.25")
            voice(number, day, f"{number % 5}.0001")

    lines = exported(client, f"{path}?{urlencode(params)}&format=ndjson").decode().splitlines()

    flat = [
        {name: value for name, value in result.items() if name != "exceeded"} | part | {"currency": "USD"}
        for page in pages(client, path, page_size=7, **params)
        for result in page
        for part in result.get("exceeded", [result])
    ]
    assert [json.loads(line) for line in lines] == flat
    assert len(flat) > 30


@pytest.mark.django_db(transaction=True)
def test_a_file_is_a_snapshot_of_its_start(client: Client, used: None) -> None:
    period = definitions.Period()
    with definitions.metrics(period=period, form=Format.CSV) as export, new_connection() as other:
        other.execute("UPDATE wingtel_data_usage_record SET price = price + 1000")
        other.commit()
        before = b"".join(export.chunks)
    with definitions.metrics(period=period, form=Format.CSV) as export:
        after = b"".join(export.chunks)

    assert before.splitlines()[0] == b"7,,,data,kilobytes,111.3000,123457,3,USD"
    assert after.splitlines()[0] == b"7,,,data,kilobytes,3111.3000,123457,3,USD"


@pytest.fixture
def all_slots_taken() -> Iterator[None]:
    taken = 0
    while export_responses._slots.acquire(blocking=False):
        taken += 1
    yield
    for _ in range(taken):
        export_responses._slots.release()


def test_more_exports_than_may_be_are_told_to_come_again(client: Client, all_slots_taken: None) -> None:
    response = client.get(f"{METRICS}?{JUNE}&format=csv")

    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert response.json()["type"] == "/problems/exports-busy"
    assert client.get(f"{METRICS}?{JUNE}").status_code == 200


def free_slots() -> int:
    """Return the number of exports that could begin now."""
    slots: int = export_responses._slots._value
    return slots


@pytest.mark.django_db(transaction=True)
def test_an_export_that_takes_too_long_is_an_error_and_releases_its_slot(
    client: Client, used: None, settings: Any
) -> None:
    settings.WINGTEL_EXPORT_SECONDS = 1
    before = free_slots()
    with new_connection() as other:
        other.execute("LOCK TABLE wingtel_monthly_usage IN ACCESS EXCLUSIVE MODE")
        response = client.get(f"{METRICS}?{JUNE}&format=csv")

    assert (response.status_code, response["Content-Type"]) == (503, "application/problem+json")
    assert response.json()["type"] == "/problems/export-too-long"
    assert free_slots() == before


@pytest.mark.django_db(transaction=True)
def test_what_fails_midway_is_an_error_and_not_half_a_file(client: Client, used: None) -> None:
    before = free_slots()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_viewdef('usage_monthly')")
        (view,) = cursor.fetchone()
        cursor.execute(
            "CREATE OR REPLACE VIEW usage_monthly AS"
            " SELECT n::bigint AS subscription_id, 'data' COLLATE \"C\" AS usage_type, '2026-06-01'::date AS month,"
            " 1::numeric(38, 0) AS used, (1 / (200000 - n))::numeric(38, 8) AS price, 1::bigint AS records"
            " FROM generate_series(1, 200000) AS n"
        )
    client.raise_request_exception = False
    try:
        response = client.get(f"{METRICS}?{JUNE}&format=csv")
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE OR REPLACE VIEW usage_monthly AS {view}")

    assert (response.status_code, response["Content-Type"]) == (500, "application/problem+json")
    assert free_slots() == before
    assert exported(client, f"{METRICS}?{JUNE}&format=csv").count(b"\n") == 4
