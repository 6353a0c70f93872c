"""Parquet: only the columns that the profile reads are decoded, and their bytes are bounded."""

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from pyarrow import parquet

from wingtel.imports import decompression
from wingtel.imports import parquet as reader
from wingtel.imports.chunks import LONGEST_LINE
from wingtel.imports.errors import HeaderError, SourceError
from wingtel.imports.profiles import Profile

from .reading_cases import CASES, batches_of, profile_of, read

PROFILE = profile_of("c22.toml")
NO_REFERENCE = profile_of("c22.toml", ('columns = ["id"]', ""))


def rows(count: int, **changes: object) -> pl.DataFrame:
    given = {"id": [f"r{number}" for number in range(count)], "msisdn": "4915102200"} | {
        "start": "2026-11-20T10:00:00Z",
        "duration": 60,
    }
    return pl.DataFrame(given | changes)


def written(folder: Path, table: pl.DataFrame | pa.Table, **options: object) -> Path:
    arrow = table.to_arrow() if isinstance(table, pl.DataFrame) else table
    parquet.write_table(arrow, folder / "feed.parquet", **options)
    return folder / "feed.parquet"


def sizes(path: Path, profile: Profile = PROFILE) -> list[int]:
    """Return the number of rows of each batch."""
    with batches_of(path, profile, batch_lines=100_000) as batches:
        return [batch.lines for batch in batches]


def test_a_column_that_nobody_reads_is_not_decoded() -> None:
    assert pl.read_parquet_schema(CASES / "c22_unused_duration_column.parquet")["ring"] == pl.Duration("us")
    records, rejects = read("c22_unused_duration_column.parquet", PROFILE, "record_id", "identifier", "quantity")
    assert records == [("c22p", "491510220003", 60), ("c22q", "491510220003", 70)]
    assert rejects == []


def test_without_a_reference_all_columns_are_read_for_the_hash_of_the_line(tmp_path: Path) -> None:
    table = rows(3, id="same", took=[timedelta(seconds=1), timedelta(seconds=2), timedelta(seconds=2)])
    records, _ = read(written(tmp_path, table), NO_REFERENCE, "record_id")
    assert len(records) == 3
    assert (records[0] == records[1], records[1] == records[2]) == (False, True)


def test_a_rejected_row_is_told_with_the_columns_that_were_read(tmp_path: Path) -> None:
    path = written(tmp_path, rows(3, duration=["60", "long", "60"], unread=[1, 2, 3]))
    with batches_of(path, PROFILE) as batches:
        (reject,) = (reject for batch in batches for reject in batch.rejects)
    assert (reject.line, reject.field, reject.reason) == (2, "duration", "'long' is not a number")
    assert json.loads(reject.raw) == {
        "id": "r1",
        "msisdn": "4915102200",
        "start": "2026-11-20T10:00:00Z",
        "duration": "long",
    }


def test_columns_are_found_by_their_position_too(tmp_path: Path) -> None:
    path = written(tmp_path, rows(2).select("msisdn", "start", "id", "duration"))
    by_position = profile_of("c22.toml", ('["duration"]', "[4]"), ('columns = ["id"]', "columns = [3]"))
    assert read(path, by_position, "record_id", "quantity") == ([("r0", 60), ("r1", 60)], [])


def test_rows_are_read_as_many_as_have_a_few_megabytes(tmp_path: Path) -> None:
    long_ids = [f"{number}" + "x" * 100_000 for number in range(1500)]
    path = written(tmp_path, rows(1500, id=long_ids), row_group_size=100)
    with batches_of(path, PROFILE) as batches:
        found = [(batch.size, batch.lines) for batch in batches]
    assert sum(lines for _, lines in found) == 1500
    assert max(size for size, _ in found) <= 26 << 20
    assert len(found) > 5


def test_a_row_that_is_too_long_is_rejected_alone(tmp_path: Path) -> None:
    path = written(tmp_path, rows(3, id=["a", "b" * LONGEST_LINE, "c"]))
    records, rejects = read(path, PROFILE, "record_id")
    assert (records, rejects) == (["a", "c"], [(2, "", f"more than {LONGEST_LINE} bytes of text; none of it is kept")])


def test_one_long_text_that_stands_for_all_rows_is_refused_soon(tmp_path: Path) -> None:
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 1_000_000, pa.int32()), pa.array(["x" * 1_000_000]))
    table = pa.table({"id": texts, "msisdn": texts, "start": texts, "duration": texts})
    path = written(tmp_path, table, compression="zstd")
    assert path.stat().st_size < 50_000
    with pytest.raises(SourceError, match="its rows become more than 67108864 bytes of text"):
        sizes(path)


def test_a_row_group_that_is_too_large_is_refused_unless_the_columns_are_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "LARGEST_GROUP", 100_000)
    path = written(tmp_path, rows(10, unread=["x" * 99_000] * 10), use_dictionary=False, compression="none")
    assert sizes(path) == [10]
    with pytest.raises(SourceError, match=r"row group 1 has \d+ bytes in the columns that the profile reads, more"):
        sizes(path, NO_REFERENCE)


def test_what_would_take_much_memory_to_describe_is_refused(tmp_path: Path) -> None:
    (tmp_path / "feed.parquet").write_bytes(b"PAR1" + bytes(99) + (1 << 30).to_bytes(4, "little") + b"PAR1")
    with pytest.raises(SourceError, match="has a footer of 1073741824 bytes, more than 16777216"):
        sizes(tmp_path / "feed.parquet")
    many = pl.DataFrame({f"c{number}": [1] for number in range(10_001)})
    with pytest.raises(HeaderError, match="the file has 10001 columns, more than 10000"):
        sizes(written(tmp_path, many))


@pytest.mark.parametrize("keep", [0, 3, 8, 100, -1])
def test_a_part_of_a_file_is_an_error(keep: int, tmp_path: Path) -> None:
    path = written(tmp_path, rows(100))
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(SourceError, match="no Parquet file"):
        sizes(path)


def test_rows_that_say_nothing_are_bounded_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decompression, "_ANY_RATIO", 50_000)
    monkeypatch.setattr(decompression, "LARGEST_RATIO", 1)
    empty = rows(60_000, id=[None] * 60_000, msisdn=None, start=None, duration=None).cast(pl.String)
    with pytest.raises(SourceError, match="its rows become more than 50000 bytes of text"):
        sizes(written(tmp_path, empty))


def test_prices_are_exact(tmp_path: Path) -> None:
    records, _ = read(written(tmp_path, rows(1, duration=[Decimal("7.00")])), PROFILE, "quantity")
    assert records == [7]
