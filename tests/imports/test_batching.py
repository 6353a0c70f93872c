"""Small chunks are read and larger batches are ingested, each one byte range of the file."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest

from tests.conftest import REJECTED_QUANTITY
from wingtel.imports import batching, profiles
from wingtel.imports.batching import batch_tables
from wingtel.imports.chunks import ByteRange
from wingtel.imports.fields import LINE, Reject
from wingtel.imports.ingestion import Counts
from wingtel.imports.models import ImportedRange, RejectedRecord, UsageImport
from wingtel.imports.record_reader import RECORDS, ReadTable
from wingtel.imports.service import ImportOptions, ImportSummary, import_feed

from .reading import counts, daily, differing_days, records
from .test_bad_lines import HEADER, line

MANY = 1 << 40


def read_table(number: int, *, lines: int = 10, skip: int = 0, rejects: int = 0) -> ReadTable:
    """Return the table with that number, of lines of 100 bytes, after a gap of `skip` bytes."""
    start, first = number * lines * 100 + skip, number * lines + 1
    rows = pl.DataFrame(schema=RECORDS).clear(lines).with_columns(pl.int_range(first, first + lines).alias(LINE))
    return ReadTable(
        byte_range=ByteRange(start, start + lines * 100, lines),
        first_line=first,
        records=rows,
        rejects=[Reject(first, "", "", "")] * rejects,
        skipped=1,
        lines=lines,
        size=lines * 100,
        raw=lambda lines: [f"line {line} of table {number}" for line in lines],
    )


def batches_of(tables: Sequence[ReadTable], *, most_lines: int = MANY) -> list[tuple[int, int, int]]:
    return [
        (batch.byte_range.start, batch.byte_range.end, batch.byte_range.lines)
        for batch in batch_tables(iter(tables), most_lines=most_lines)
    ]


def test_the_first_batch_is_one_table_and_each_next_one_four_times_as_many() -> None:
    tables = [read_table(number) for number in range(25)]
    assert [lines // 10 for *_, lines in batches_of(tables)] == [1, 4, 16, 4]
    tables = [read_table(number) for number in range(25)]
    assert all(before[1] == after[0] for before, after in pairwise(batches_of(tables)))


def test_no_batch_has_more_lines_or_bytes_than_it_may() -> None:
    assert batches_of([read_table(number) for number in range(6)], most_lines=25) == [
        (0, 1000, 10),
        (1000, 3000, 20),
        (3000, 5000, 20),
        (5000, 6000, 10),
    ]
    half = batching.MAX_BATCH_BYTES // 100 // 2
    assert [lines for *_, lines in batches_of([read_table(n, lines=half) for n in range(4)])] == [half, 2 * half, half]


def test_tables_with_a_gap_between_them_are_in_different_batches() -> None:
    tables = [read_table(0), read_table(1), read_table(2, skip=50), read_table(3, skip=50)]
    assert batches_of(tables) == [(0, 1000, 10), (1000, 2000, 10), (2050, 4050, 20)]


def test_a_batch_ends_early_when_many_of_its_lines_are_rejected() -> None:
    tables = [read_table(number, rejects=batching.MAX_BATCH_REJECTS * (number == 1)) for number in range(4)]
    assert batches_of(tables) == [(0, 1000, 10), (1000, 2000, 10), (2000, 4000, 20)]


def test_a_batch_is_the_sum_of_its_tables() -> None:
    _, batch = batch_tables(iter([read_table(0), read_table(1, rejects=1), read_table(2)]))
    assert batch.records[LINE].to_list() == list(range(11, 31))
    assert (batch.first_line, batch.lines, batch.skipped, [reject.line for reject in batch.rejects]) == (
        11,
        20,
        2,
        [11],
    )
    assert batch.raw([30, 11, 20, 21]) == [
        "line 30 of table 2",
        "line 11 of table 1",
        "line 20 of table 1",
        "line 21 of table 2",
    ]


WRONG = {
    37: (line(record_id="37", quantity="many"), "quantity", "'many' is not a number"),
    48: (
        line(record_id="48", quantity=str(REJECTED_QUANTITY)),
        "quantity",
        "the database rejected it: an unlucky number",
    ),
    59: (
        line(record_id='"59\nx"', quantity=str(REJECTED_QUANTITY)),
        "quantity",
        "the database rejected it: an unlucky number",
    ),
    66: (b"66,att\n", "", "2 fields instead of 7"),
}
"""Wrong records of 100: the line, the field and the reason. One goes over two lines."""
LINES = [WRONG[number][0] if number in WRONG else line(record_id=f"{number:03}", quantity="2") for number in range(100)]


def import_lines(folder: Path, options: ImportOptions, stop_after: int | None = None) -> ImportSummary:
    """Import LINES. With `stop_after`, stop after so many batches."""
    (folder / "feed.csv").write_bytes(HEADER + b"".join(LINES))
    recorded: list[int] = []

    def stop(_: int, counts: Counts) -> None:
        recorded.append(counts.lines)
        if len(recorded) == stop_after:
            raise InterruptedError

    return import_feed(folder / "feed.csv", profiles.find("wingtel"), options, on_progress=stop)


def options(chunk_lines: int = 4, batch_lines: int = 25, workers: int = 1) -> ImportOptions:
    return ImportOptions(create_subscriptions=True, chunk_lines=chunk_lines, batch_lines=batch_lines, workers=workers)


def assert_all_is_ingested(summary: ImportSummary) -> None:
    """Check that each line is ingested once, and that the byte ranges cover the file without a gap."""
    assert counts(summary) == (100, 96, 0, 0, 4)
    rejects = RejectedRecord.objects.order_by("line")
    assert [(reject.line, reject.field, reject.raw) for reject in rejects] == [
        (number + 2 + (number > 59), field, text.decode().removesuffix("\n"))
        for number, (text, field, _) in WRONG.items()
    ]
    assert all(reject.reason.startswith(WRONG[number][2]) for reject, number in zip(rejects, WRONG, strict=True))
    assert [record_id for record_id, *_ in records()] == [f"{n:03}" for n in range(100) if n not in WRONG]
    assert sum(used for _, _, _, used, _, _ in daily()) == 2 * 96
    assert differing_days() == 0
    byte_ranges = list(ImportedRange.objects.order_by("start").values_list("start", "end", "lines"))
    assert (byte_ranges[0][0], byte_ranges[-1][1]) == (len(HEADER), len(HEADER) + len(b"".join(LINES)))
    assert all(before[1] == after[0] for before, after in pairwise(byte_ranges))
    assert sum(lines for *_, lines in byte_ranges) == 101


@pytest.mark.usefixtures("refusing")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("workers", [1, 3])
def test_a_batch_with_wrong_lines_loses_these_alone(workers: int, tmp_path: Path) -> None:
    assert_all_is_ingested(import_lines(tmp_path, options(workers=workers)))


@pytest.mark.usefixtures("refusing")
@pytest.mark.django_db
@pytest.mark.parametrize("stop_after", [1, 2, 4])
def test_an_import_that_stopped_between_batches_goes_on_with_others(stop_after: int, tmp_path: Path) -> None:
    with pytest.raises(InterruptedError):
        import_lines(tmp_path, options(), stop_after=stop_after)
    assert UsageImport.objects.get().ranges.count() == stop_after
    summary = import_lines(tmp_path, options(chunk_lines=7, batch_lines=50))
    assert 0 < summary.resumed < 100
    assert_all_is_ingested(summary)


@pytest.mark.usefixtures("refusing")
@pytest.mark.django_db
def test_batches_that_are_missing_between_others_are_filled_in_without_touching_these(tmp_path: Path) -> None:
    import_lines(tmp_path, options())
    run = UsageImport.objects.get()
    missing = list(run.ranges.order_by("start"))[2:5:2]
    before = set(run.ranges.values_list("start", "end", "lines"))
    for byte_range in missing:
        byte_range.delete()
    UsageImport.objects.update(status=UsageImport.Status.FAILED)
    summary = import_lines(tmp_path, options(chunk_lines=3, batch_lines=100))
    again = sum(byte_range.lines for byte_range in missing)
    assert (summary.lines, summary.accepted) == (100 + again, 96)
    assert summary.duplicate + summary.rejected == 4 + again
    after = set(run.ranges.values_list("start", "end", "lines"))
    assert before - {(each.start, each.end, each.lines) for each in missing} <= after
    assert all(one[1] == other[0] for one, other in pairwise(sorted(after)))
    assert differing_days() == 0
