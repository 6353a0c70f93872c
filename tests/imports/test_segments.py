"""Segments: a call over several lines is rated as one record."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tests.conformance.at_once import in_threads
from tests.conformance.oracle import differences
from wingtel.aggregates.strategies import Strategy
from wingtel.imports.errors import ProfileError
from wingtel.imports.ingestion import Counts
from wingtel.imports.models import RejectedRecord
from wingtel.imports.preview import preview
from wingtel.imports.profiles import Profile
from wingtel.imports.service import ImportOptions, ImportSummary, import_feed
from wingtel.ingest.models import UsageConflict
from wingtel.ingest.serialization import conflict_answers
from wingtel.subscriptions.models import Subscription
from wingtel.usage.models import VoiceUsageRecord
from wingtel.usage.provenance import origins_of

from .reading import records
from .reading_cases import CASES, Change, profile_of

CASE = CASES / "c08_call_segments.csv"
TAKEN = ("[reference]", "[reference]\nsegments = true")
HEADER = "cli,segmentstart,eventstart,callcount,duration\n"
START = "2026-11-20T21:00:00Z"
BASE = 491510090000


def number(cli: int) -> int:
    """Return a phone number: numbers of the tests are counted from 0, others stay as they are."""
    return BASE + cli if cli < 1000 else cli


def segment(cli: int, second: int, duration: int | str) -> str:
    """Return a line of the call that the number began at START."""
    return f"{number(cli)},2026-11-20T21:{second // 60:02}:{second % 60:02}Z,{START},0,{duration}"


def written(path: Path, *lines: str) -> Path:
    path.write_text(HEADER + "".join(f"{line}\n" for line in lines))
    return path


def imported(
    file: Path,
    *changes: Change,
    batch: int = 1000,
    chunk: int = 2,
    workers: int = 1,
    stop_after: int = 0,
    is_dry_run: bool = False,
) -> ImportSummary:
    done: list[int] = []

    def stop(_: int, counts: Counts) -> None:
        done.append(counts.lines)
        if len(done) == stop_after:
            raise InterruptedError

    options = ImportOptions(
        create_subscriptions=True, batch_lines=batch, chunk_lines=chunk, workers=workers, is_dry_run=is_dry_run
    )
    return import_feed(file, profile(*changes), options, on_progress=stop)


def profile(*changes: Change) -> Profile:
    return profile_of("c08.toml", TAKEN, *changes)


def outcome(summary: ImportSummary) -> tuple[int, int, int, int, int, int]:
    """Return lines, accepted, duplicate, conflict, rejected and records."""
    assert summary.skipped == 0
    return summary.lines, summary.accepted, summary.duplicate, summary.conflict, summary.rejected, summary.records


def calls() -> list[tuple[str, int, Decimal]]:
    """Return the number, seconds and price of each call. Numbers of the tests are counted from 0."""
    found = [(int(number), seconds, price) for _, _, number, _, seconds, price in sorted(records(), key=lambda r: r[2])]
    return [(str(n - BASE if BASE <= n < BASE + 1000 else n), seconds, price) for n, seconds, price in found]


@pytest.mark.django_db
def test_without_the_key_each_segment_is_rated() -> None:
    import_feed(CASE, profile_of("c08.toml"), ImportOptions(create_subscriptions=True))
    assert [price for *_, price in records()] == [Decimal("0.01"), Decimal("0.01")]


@pytest.mark.django_db
def test_the_segments_of_a_call_are_one_record(strategy: Strategy) -> None:
    assert outcome(imported(CASE, is_dry_run=True)) == (2, 2, 0, 0, 0, 1)
    assert outcome(imported(CASE)) == (2, 2, 0, 0, 0, 1)
    assert records() == [
        (
            f"491510080002-{START}",
            datetime(2026, 11, 20, 21, tzinfo=UTC),
            "+491510080002",
            "voice",
            50,
            Decimal("0.0100"),
        )
    ]
    assert differences() == []


@pytest.mark.django_db
def test_segments_go_together_wherever_they_stand_in_the_file(tmp_path: Path) -> None:
    feed = written(
        tmp_path / "feed.csv", segment(1, 50, 20), segment(2, 0, 61), segment(1, 0, 30), "", segment(1, 30, 20)
    )
    summary = import_feed(feed, profile(), ImportOptions(create_subscriptions=True, chunk_lines=1))
    assert (summary.lines, summary.accepted, summary.skipped, summary.records) == (5, 4, 1, 2)
    assert calls() == [("1", 70, Decimal("0.02")), ("2", 61, Decimal("0.02"))]
    first = VoiceUsageRecord.objects.get(seconds_used=70)
    assert first.usage_date == datetime(2026, 11, 20, 21, tzinfo=UTC)
    origin = origins_of([first.source])[first.source]
    assert (origin.name, origin.line) == (str(feed), 2)


MILLISECONDS = ('unit = "seconds"', 'unit = "milliseconds"')
LARGEST = 10**15


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "durations", "expected"),
    [
        ([MILLISECONDS], ["500", "500", "1"], 2),
        ([MILLISECONDS, ('unit = "milliseconds"', 'unit = "milliseconds"\nrounding = "down"')], ["500", "1499"], 1),
        ([], ["0.4", "0.5", "0.1"], 1),
        ([], ["00.0001", "7"], 8),
        ([('unit = "seconds"', 'unit = "minutes"')], ["0.5", "1"], 90),
        ([('unit = "seconds"', 'unit = "mm:ss"')], ["00:59", "0:02"], 61),
        ([], [str(LARGEST - 1), "1"], LARGEST),
    ],
)
def test_quantities_are_rounded_once_they_are_added_up(
    changes: list[Change], durations: list[str], expected: int, tmp_path: Path
) -> None:
    feed = written(tmp_path / "feed.csv", *(segment(1, second, each) for second, each in enumerate(durations)))
    assert imported(feed, *changes, ('price = "0.0100"', 'price = "0"')).accepted == len(durations)
    assert [seconds for _, seconds, _ in calls()] == [expected]


@pytest.mark.django_db
def test_kilobytes_of_1024_bytes_are_added_up_exactly(tmp_path: Path) -> None:
    changes = [
        ('constant = "voice"', 'constant = "data"'),
        (
            '[voice]\ncolumns = ["duration"]\nunit = "seconds"',
            '[data]\ncolumns = ["duration"]\nunit = "bytes"\nkilobyte = 1024',
        ),
        ("[[tariff.voice]]", "[[tariff.data]]"),
    ]
    feed = written(tmp_path / "feed.csv", segment(1, 0, 1), segment(1, 1, 1022), segment(1, 2, 1), segment(2, 0, 1025))
    assert outcome(imported(feed, *changes)) == (4, 4, 0, 0, 0, 2)
    assert sorted(used for *_, used, _ in records()) == [1, 2]


@pytest.mark.django_db
def test_a_sum_that_no_record_can_have_is_rejected(tmp_path: Path) -> None:
    feed = written(tmp_path / "feed.csv", *(segment(1, second, LARGEST) for second in range(20)), segment(2, 0, 1))
    summary = imported(feed)
    assert outcome(summary) == (21, 1, 0, 0, 20, 1)
    assert summary.rejects[0].reason == f"{LARGEST + 1} is not a whole number from 0 to {LARGEST}"
    assert imported(written(tmp_path / "one.csv", segment(3, 0, LARGEST + 1))).rejects[0].reason == (
        f"{LARGEST + 1} is more than {LARGEST}"
    )


@pytest.mark.django_db
def test_prices_on_segments_are_added_up(tmp_path: Path) -> None:
    lines = [segment(1, 0, 30), segment(1, 30, 20), segment(2, 0, 1), segment(3, 0, 1), segment(3, 9, 1)]
    prices = ["0.1", "0.00000002", "2", "9999999999", "1"]
    feed = tmp_path / "feed.csv"
    feed.write_text(
        HEADER[:-1] + ",price\n" + "".join(f"{line},{price}\n" for line, price in zip(lines, prices, strict=True))
    )
    tariff = '[[tariff.voice]]\nprice = "0.0100"\nblock = 60\n'
    summary = imported(feed, (tariff, '[price]\ncolumn = "price"\n'))
    assert outcome(summary) == (5, 3, 0, 0, 2, 2)
    assert calls() == [("1", 50, Decimal("0.10000002")), ("2", 1, Decimal(2))]
    assert [(reject.line, reject.field) for reject in summary.rejects] == [(5, "price"), (6, "price")]


@pytest.mark.django_db
def test_a_call_sent_again_is_a_duplicate_and_a_late_segment_a_conflict(strategy: Strategy, tmp_path: Path) -> None:
    imported(CASE)
    again = written(tmp_path / "again.csv", *CASE.read_text().splitlines()[1:], segment(2, 0, 1))
    assert outcome(imported(again)) == (3, 1, 2, 0, 0, 1)
    whole = written(tmp_path / "whole.csv", *CASE.read_text().splitlines()[1:], segment(491510080002, 50, 9))
    assert outcome(imported(whole)) == (3, 0, 0, 3, 0, 0)
    for second, duration in ((50, 9), (51, 50)):  # 50 seconds are stored, of another time
        late = written(tmp_path / f"late{second}.csv", segment(491510080002, second, duration))
        assert outcome(imported(late, is_dry_run=True)) == (1, 0, 0, 1, 0, 0)
        assert outcome(imported(late)) == (1, 0, 0, 1, 0, 0)
    answers = conflict_answers(list(UsageConflict.objects.order_by("pk")))
    assert [(answer.stored_quantity, answer.quantity, answer.origin.line) for answer in answers] == [
        (50, 59, 2),
        (50, 9, 2),
        (50, 50, 2),
    ]
    assert calls() == [("491510080002", 50, Decimal("0.01")), ("2", 1, Decimal("0.01"))]
    assert differences() == []


@pytest.mark.django_db
def test_the_same_reference_after_a_week_is_another_record(tmp_path: Path) -> None:
    for day, accepted in ((10, 1), (17, 0), (18, 1)):
        feed = written(tmp_path / f"{day}.csv", f"{number(1)},2026-11-{day}T21:00:00Z,{START},0,{day}")
        assert imported(feed).accepted == accepted


@pytest.mark.django_db
def test_segments_on_both_sides_of_the_border_of_a_batch_are_a_conflict(tmp_path: Path) -> None:
    feed = written(tmp_path / "feed.csv", segment(1, 0, 30), segment(2, 0, 5), segment(1, 30, 20), segment(2, 5, 5))
    assert outcome(imported(feed, batch=3, chunk=1)) == (4, 3, 0, 1, 0, 2)
    assert calls() == [("1", 50, Decimal("0.01")), ("2", 5, Decimal("0.01"))]


@pytest.mark.django_db
def test_a_segment_that_comes_twice_is_a_duplicate(tmp_path: Path) -> None:
    feed = written(tmp_path / "feed.csv", segment(1, 0, 30), segment(1, 30, 20), segment(1, 30, 20), segment(1, 0, 30))
    for is_dry_run in (True, False):
        assert outcome(imported(feed, is_dry_run=is_dry_run)) == (4, 2, 2, 0, 0, 1)
    assert calls() == [("1", 50, Decimal("0.01"))]


@pytest.mark.django_db
def test_a_rejected_segment_takes_its_call_with_it_so_that_all_can_be_repaired(tmp_path: Path) -> None:
    lines = [segment(1, 0, 30), segment(2, 0, 7), segment(1, 30, "long"), segment(1, 50, 20), segment(1, 0, 30)]
    feed = written(tmp_path / "feed.csv", *lines)
    for is_dry_run in (True, False):
        summary = imported(feed, is_dry_run=is_dry_run)
        assert outcome(summary) == (5, 1, 0, 0, 4, 1)
        incomplete = ("cli, eventstart", "another segment of it was rejected; import all of them together")
        assert [(reject.line, reject.field, reject.reason) for reject in summary.rejects] == [
            (2, *incomplete),
            (4, "duration", "'long' is not a number"),
            (5, *incomplete),
            (6, *incomplete),
        ]
    raws = RejectedRecord.objects.order_by("line").values_list("raw", flat=True)
    repaired = written(tmp_path / "repaired.csv", *(raw.replace("long", "20") for raw in raws))
    assert outcome(imported(repaired)) == (4, 3, 1, 0, 0, 1)
    assert calls() == [("1", 70, Decimal("0.02")), ("2", 7, Decimal("0.01"))]


@pytest.mark.django_db
def test_segments_of_one_time_with_different_amounts_are_rejected(tmp_path: Path) -> None:
    feed = written(tmp_path / "feed.csv", segment(1, 0, 30), segment(1, 0, 20), segment(1, 50, 1), segment(2, 0, 1))
    summary = imported(feed)
    assert outcome(summary) == (4, 1, 0, 0, 3, 1)
    assert {(reject.field, reject.reason) for reject in summary.rejects} == {
        ("segmentstart", "two segments of the same time have different amounts")
    }


@pytest.mark.django_db
def test_a_call_whose_subscription_is_unknown_is_rejected_with_all_its_lines() -> None:
    summary = import_feed(CASE, profile())
    assert outcome(summary) == (2, 0, 0, 0, 2, 0)
    assert [(reject.line, reject.field) for reject in summary.rejects] == [(2, "cli"), (3, "cli")]
    assert [reject.raw for reject in summary.rejects] == CASE.read_text().splitlines()[1:]


@pytest.mark.django_db
def test_a_check_of_the_profile_shows_the_call() -> None:
    Subscription.objects.create(carrier="att", phone_number="491510080002")
    (record,) = preview(CASE, profile(), 10).records
    assert (record.line, record.quantity, record.price, record.note) == (2, 50, Decimal("0.01"), "")


MANY = [segment(cli, second, 20) for cli in range(20) for second in (0, 20, 40)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("workers", [1, 3])
def test_an_import_that_was_interrupted_goes_on(workers: int, tmp_path: Path) -> None:
    feed = written(tmp_path / "feed.csv", *MANY)
    with pytest.raises(InterruptedError):
        imported(feed, batch=12, chunk=3, workers=workers, stop_after=2)
    rest = imported(feed, batch=12, chunk=3)
    assert (outcome(rest), rest.resumed > 0) == ((60, 60, 0, 0, 0, 20), True)
    assert {(seconds, price) for _, seconds, price in calls()} == {(60, Decimal("0.01"))}
    assert differences() == []


@pytest.mark.django_db(transaction=True)
def test_the_segments_of_calls_in_two_files_at_once_are_recorded_once(tmp_path: Path) -> None:
    one = written(tmp_path / "one.csv", *(segment(cli, 0, 20) for cli in range(20)))
    two = written(tmp_path / "two.csv", *(segment(cli, 20, 20) for cli in range(20)))
    accepted = in_threads(lambda: imported(one).accepted, lambda: imported(two).accepted)
    assert sorted(accepted) == [0, 20]
    assert UsageConflict.objects.count() == 20
    assert differences() == []


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('columns = ["cli","eventstart"]', "", "reference.segments: needs columns"),
        ("segments = true", 'segments = true\non_duplicate = "replace"', "reference.segments: a late segment"),
    ],
)
def test_a_profile_that_cannot_group_is_refused(old: str, new: str, problem: str) -> None:
    with pytest.raises(ProfileError, match=problem):
        profile((old, new))
