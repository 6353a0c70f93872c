"""`wingtel exceeding` and `wingtel metrics` write complete answers to files."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection
from pyarrow import parquet

from tests.api.records import data, voice
from tests.command import CommandFailed, run

pytestmark = pytest.mark.django_db

JUNE = ("--from", "2026-06-01", "--to", "2026-06-30")
CSV = (
    "subscription_id,phone_number,external_id,usage_type,unit,total_price,total_usage,records,currency\n"
    "7,,,data,kilobytes,12.3000,123456,1,USD\n"
)


@pytest.fixture(autouse=True)
def used() -> None:
    data(7, "2026-06-03", "12.3000", kilobytes=123456)
    voice(7, "2026-07-03", "1.5000")


def test_csv_goes_to_a_file(tmp_path: Path) -> None:
    output = tmp_path / "june.csv"

    assert run("metrics", *JUNE, "--format", "csv", "--output", str(output)) == ""
    assert output.read_text() == CSV


def test_csv_is_printed_without_a_file() -> None:
    assert run("metrics", *JUNE, "--format", "csv") == CSV


def test_ndjson_is_printed_line_by_line() -> None:
    lines = run("exceeding", "--price-limit", "1.5", "--format", "ndjson").splitlines()

    assert [json.loads(line) for line in lines] == [
        {
            "subscription_id": 7,
            "phone_number": "",
            "external_id": "",
            "usage_type": kind,
            "total_price": price,
            "exceeded_by": excess,
            "currency": "USD",
        }
        for kind, price, excess in (("data", "12.3000", "10.8000"), ("voice", "1.5000", "0.0000"))
    ]


def test_parquet_goes_to_a_file(tmp_path: Path) -> None:
    output = tmp_path / "over.parquet"
    run("exceeding", "--price-limit", "12", "--format", "parquet", "--output", str(output))

    assert parquet.read_table(output).to_pylist() == [
        {
            "subscription_id": 7,
            "phone_number": "",
            "external_id": "",
            "usage_type": "data",
            "total_price": Decimal("12.3000"),
            "exceeded_by": Decimal("0.3000"),
            "currency": "USD",
        }
    ]


def test_an_export_that_fails_midway_leaves_the_file_of_before(tmp_path: Path) -> None:
    output = tmp_path / "june.csv"
    output.write_text("of yesterday")
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE OR REPLACE VIEW usage_monthly AS"
            " SELECT n::bigint AS subscription_id, 'data' COLLATE \"C\" AS usage_type, '2026-06-01'::date AS month,"
            " 1::numeric(38, 0) AS used, (1 / (200000 - n))::numeric(38, 8) AS price, 1::bigint AS records"
            " FROM generate_series(1, 200000) AS n"
        )

    with pytest.raises(Exception, match="division by zero"):
        run("metrics", *JUNE, "--format", "csv", "--output", str(output))

    assert output.read_text() == "of yesterday"
    assert list(tmp_path.iterdir()) == [output]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--format", "parquet"], "needs --output"),
        (["--format", "csv", "--page-size", "3"], "--page-size does not go with --format csv"),
        (["--output", "june.json", "--format", "json"], "--output goes with --format tsv, csv, ndjson, parquet"),
        (["--format", "csv", "--output", "/nowhere/june.csv"], "cannot write /nowhere/june.csv: No such file"),
        (["--format", "xlsx"], "xlsx"),
    ],
)
def test_options_that_do_not_go_together_are_refused(options: list[str], message: str) -> None:
    with pytest.raises(CommandFailed, match=message):
        run("metrics", *JUNE, *options)
