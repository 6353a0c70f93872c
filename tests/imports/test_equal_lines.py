"""Equal lines without a reference are one record, or are numbered within the file."""

from collections import Counter
from itertools import cycle, islice
from pathlib import Path

import polars as pl
import pytest

from wingtel.imports.equal_lines import LineNumbering
from wingtel.imports.errors import FeedError, ProfileError
from wingtel.imports.ingestion import Counts
from wingtel.imports.service import ImportOptions, ImportSummary, import_feed

from .reading import daily, differing_days, rows
from .reading_cases import CASES, profile_of
from .test_commands import run

CASE = CASES / "c40_equal_lines_minute_stamps.csv"
NUMBERED = ("[reference]", '[reference]\nequal_lines = "numbered"')
LINES = [f"49151041000{number},2026-11-20T10:00,100" for number in range(3)]
FORTY = list(islice(cycle(LINES), 40))


def imported(
    file: Path, *, is_numbered: bool, stop_after: int = 0, is_dry_run: bool = False, workers: int = 1, batch: int = 10
) -> ImportSummary:
    done: list[int] = []

    def stop(_: int, counts: Counts) -> None:
        done.append(counts.lines)
        if len(done) == stop_after:
            raise InterruptedError

    profile = profile_of("c40.toml", *([NUMBERED] if is_numbered else []))
    options = ImportOptions(
        create_subscriptions=True, batch_lines=batch, chunk_lines=4, workers=workers, is_dry_run=is_dry_run
    )
    return import_feed(file, profile, options, on_progress=stop)


def written(path: Path, lines: list[str]) -> Path:
    path.write_text("msisdn,start,kb\n" + "".join(f"{line}\n" for line in lines))
    return path


def outcome(summary: ImportSummary) -> tuple[int, int, int, int]:
    return summary.lines, summary.accepted, summary.duplicate, summary.equal_lines


def assert_forty_are_recorded() -> None:
    stored = rows("SELECT left(record_id, 32), substr(record_id, 33) FROM wingtel_data_usage_record")
    numbers = Counter(number for _, number in stored)
    assert numbers == {"": 3, **{f"-{number}": 3 for number in range(2, 14)}, "-14": 1}
    assert len({print_ for print_, _ in stored}) == 3
    assert [(used, records) for *_, used, _, records in daily()] == [(1400, 14), (1300, 13), (1300, 13)]
    assert differing_days() == 0


@pytest.mark.django_db
@pytest.mark.parametrize("is_dry_run", [True, False])
def test_equal_lines_are_one_record_and_the_summary_tells_how_many(is_dry_run: bool) -> None:
    assert outcome(imported(CASE, is_numbered=False, is_dry_run=is_dry_run)) == (2, 1, 1, 1)


@pytest.mark.django_db
@pytest.mark.parametrize("is_dry_run", [True, False])
def test_equal_lines_are_numbered_where_the_profile_says(is_dry_run: bool) -> None:
    assert outcome(imported(CASE, is_numbered=True, is_dry_run=is_dry_run)) == (2, 2, 0, 0)


@pytest.mark.django_db
def test_the_summary_for_people_tells_what_equal_lines_were_taken_for() -> None:
    printed = run("import", str(CASE), "--feed", str(CASES / "c40.toml"), "--create-subscriptions", "--format", "table")
    assert "duplicate: 1 equal to another line, of this file or an earlier one; the feed has no reference" in printed


@pytest.mark.django_db
def test_numbers_go_on_over_batches_and_the_same_lines_sent_again_change_nothing(tmp_path: Path) -> None:
    feed = written(tmp_path / "feed.csv", FORTY)
    assert outcome(imported(feed, is_numbered=True)) == (40, 40, 0, 0)
    assert_forty_are_recorded()
    feed = written(tmp_path / "feed.csv", [*FORTY, LINES[0], LINES[1]])
    assert outcome(imported(feed, is_numbered=True, batch=7)) == (42, 2, 40, 0)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("stop_after", "workers"), [(1, 1), (3, 1), (1, 3), (2, 3)])
def test_an_import_that_was_interrupted_goes_on_with_the_same_numbers(
    stop_after: int, workers: int, tmp_path: Path
) -> None:
    feed = written(tmp_path / "feed.csv", FORTY)
    with pytest.raises(InterruptedError):
        imported(feed, is_numbered=True, stop_after=stop_after, workers=workers)
    rest = imported(feed, is_numbered=True)
    assert outcome(rest) == (40, 40, 0, 0)
    assert rest.resumed > 0
    assert_forty_are_recorded()


@pytest.mark.django_db
def test_rows_of_parquet_are_numbered_too(tmp_path: Path) -> None:
    pl.DataFrame([line.split(",") for line in FORTY], schema=["msisdn", "start", "kb"], orient="row").write_parquet(
        tmp_path / "feed.parquet"
    )
    profile = profile_of("c40.toml", NUMBERED, ('delimiter = ","', 'format = "parquet"'))
    options = ImportOptions(create_subscriptions=True, batch_lines=10, chunk_lines=4)

    def stop(*_: object) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        import_feed(tmp_path / "feed.parquet", profile, options, on_progress=stop)
    assert outcome(import_feed(tmp_path / "feed.parquet", profile, options)) == (40, 40, 0, 0)
    assert_forty_are_recorded()


def test_a_line_keeps_its_number_however_many_come_at_a_time() -> None:
    lines = pl.Series("fingerprint", [f"{number * number % 17}" for number in range(200)])
    seen: Counter[str] = Counter()
    expected = []
    for text in lines:
        seen[text] += 1
        expected.append(text if seen[text] == 1 else f"{text}-{seen[text]}")
    for count in (1, 7, 64, 200):
        numbering = LineNumbering()
        found = [numbering.numbered(lines[start : start + count]) for start in range(0, 200, count)]
        assert pl.concat(found).to_list() == expected


def test_more_lines_than_can_be_numbered_are_refused() -> None:
    numbering = LineNumbering(most_lines=3)
    numbering.numbered(pl.Series(["a", "b"]))
    with pytest.raises(FeedError, match=r"more than 3 lines.*equal_lines.*split the file"):
        numbering.numbered(pl.Series(["a", "b"]))


def test_lines_with_a_reference_are_not_numbered() -> None:
    with pytest.raises(ProfileError, match=r"reference\.equal_lines: means nothing beside columns"):
        profile_of("c18.toml", NUMBERED)
