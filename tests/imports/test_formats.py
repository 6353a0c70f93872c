"""The same records in every format and compression, from paths, globs, folders."""

import gzip
import io
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
import zstandard

from wingtel.imports import profiles
from wingtel.imports.errors import SourceError
from wingtel.imports.service import ImportOptions, ImportSummary, import_feed
from wingtel.imports.sources import find_files

from .reading import counts, records

pytestmark = pytest.mark.django_db
SHIPPED = (Path(profiles.__file__).parent / "profiles" / "wingtel.toml").read_text()
LAYOUT = SHIPPED[SHIPPED.index("[layout]") : SHIPPED.index("[timestamp]")]
COLUMNS = ("record_id", "carrier", "subscription", "usage_type", "usage_date", "quantity", "price")
ROWS = [
    ("a", "att", "+12025550100", "data", "2026-03-01T00:00:00Z", 5, "0.5"),
    ("b", "att", "+12025550100", "voice", "2026-03-01T00:00:01+01:00", 7, "0.1234"),
    ("c", "sprint", "+12025550200", "data", "2026-03-02 10:00:00", 999999999999999, "1234567890.1234"),
]
RECORDED = [
    ("a", datetime(2026, 3, 1, tzinfo=UTC), "+12025550100", "data", 5, Decimal("0.5")),
    ("b", datetime(2026, 2, 28, 23, 0, 1, tzinfo=UTC), "+12025550100", "voice", 7, Decimal("0.1234")),
    ("c", datetime(2026, 3, 2, 10, tzinfo=UTC), "+12025550200", "data", 999999999999999, Decimal("1234567890.1234")),
]
CSV = "\n".join([",".join(COLUMNS), *(",".join(map(str, row)) for row in ROWS)]) + "\n"
NDJSON = "".join(
    json.dumps(dict(zip(COLUMNS, row, strict=True))).replace(f'"{row[-1]}"', row[-1]) + "\n" for row in ROWS
)


def import_as(folder: Path, form: str, content: bytes) -> ImportSummary:
    profile = folder / f"{form}.toml"
    profile.write_text(SHIPPED.replace(LAYOUT, f'[layout]\nformat = "{form}"\n'))
    (folder / "feed").write_bytes(content)
    return import_feed(folder / "feed", profiles.find(str(profile)), ImportOptions(create_subscriptions=True))


def parquet() -> bytes:
    table = pl.DataFrame(dict(zip(COLUMNS, zip(*ROWS, strict=True), strict=True)))
    table = table.with_columns(
        pl.Series("usage_date", [timestamp for _, timestamp, *_ in RECORDED]), pl.col("price").cast(pl.Decimal(14, 4))
    )
    file = io.BytesIO()
    table.write_parquet(file)
    return file.getvalue()


@pytest.mark.parametrize("compress", [bytes, gzip.compress, zstandard.compress])
@pytest.mark.parametrize(("form", "text"), [("delimited", CSV), ("ndjson", NDJSON)])
def test_text_is_read_plain_gzipped_or_in_zstd(form: str, text: str, compress: object, tmp_path: Path) -> None:
    summary = import_as(tmp_path, form, compress(text.encode()))  # type: ignore[operator]
    assert counts(summary) == (3, 3, 0, 0, 0)
    assert records() == RECORDED


def test_parquet_is_read(tmp_path: Path) -> None:
    assert counts(import_as(tmp_path, "parquet", parquet())) == (3, 3, 0, 0, 0)
    assert records() == RECORDED


def test_what_is_no_parquet_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no Parquet file"):
        import_as(tmp_path, "parquet", CSV.encode())


@pytest.mark.parametrize("compress", [gzip.compress, zstandard.compress])
def test_truncated_compressed_data_is_an_error(compress: object, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="truncated or damaged"):
        import_as(tmp_path, "delimited", compress(CSV.encode() * 3)[:-9])  # type: ignore[operator]


def test_bad_lines_of_ndjson_are_rejected_alone(tmp_path: Path) -> None:
    good = NDJSON.splitlines()[0]
    lines = [
        good,
        "{",
        "[]",
        "",
        good.replace('"a"', '"x\\u0000"'),
        good.replace('"quantity": 5', '"quantity": 1e999'),
        good[:-1] + ', "n": {}}',
    ]
    summary = import_as(tmp_path, "ndjson", ("\n".join(lines) + "\n").encode() + b'{"record_id": "\xff"}\n')
    assert [(reject.line, reject.field) for reject in summary.rejects] == [
        (2, ""),
        (3, ""),
        (5, "record_id"),
        (6, "quantity"),
        (8, ""),
    ]
    assert counts(summary) == (8, 1, 1, 1, 5)


def test_paths_globs_and_folders_name_files_once(tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv", ".hidden", "c.txt"):
        (tmp_path / name).write_text("x")
    (tmp_path / "folder").mkdir()
    found = find_files([str(tmp_path / "*.csv"), str(tmp_path)])
    assert [file.name for file in found] == ["a.csv", "b.csv", "c.txt"]
    with pytest.raises(SourceError, match="there is no such file"):
        find_files([str(tmp_path / "*.xml")])
