"""Lines around records: lines before the header, end marks, trailing delimiters, and a last line that was cut off."""

from pathlib import Path

import pytest

from wingtel.imports import chunks, profiles
from wingtel.imports.errors import HeaderError
from wingtel.imports.service import ImportOptions, ImportSummary, import_feed
from wingtel.ingest.models import UsageConflict

from .reading import counts, records
from .reading_cases import CASES, Change, profile_of
from .test_commands import run
from .test_file_kinds import TWO_CALLS

pytestmark = pytest.mark.django_db
SKIPPING = ('delimiter = ","', 'delimiter = ","\nskip_lines = 3')
LINES = ["c15a,491510150001,2026-11-20T10:00:00Z,60", "c15b,491510150001,2026-11-20T11:00:00Z,60"]
HEADER = "id,msisdn,start,duration"


def imported(file: Path | str, *changes: Change) -> ImportSummary:
    return import_feed(CASES / file, profile_of("c15.toml", *changes), ImportOptions(create_subscriptions=True))


def of(folder: Path, text: str, *changes: Change) -> ImportSummary:
    (folder / "feed.csv").write_text(text, newline="")
    return imported(folder / "feed.csv", *changes)


@pytest.mark.parametrize(
    ("file", "changes"),
    [
        ("c15_preamble.csv", [SKIPPING]),
        ("c15_sep_line.csv", []),
        ("c15_ctrl_z.csv", []),
        ("c15_trailing_delimiter.csv", []),
    ],
)
def test_the_cases_from_the_field_are_read(file: str, changes: list[Change]) -> None:
    summary = imported(file, *changes)
    assert (counts(summary), summary.warnings) == ((2, 2, 0, 0, 0), ())
    assert records() == TWO_CALLS


def test_lines_are_numbered_as_an_editor_does_whatever_was_skipped(tmp_path: Path) -> None:
    text = "\n".join(["Report;", "", '"', HEADER, LINES[0], "x", LINES[1], ""])
    summary = of(tmp_path, text, SKIPPING)
    assert counts(summary) == (3, 2, 0, 0, 1)
    assert [(reject.line, reject.raw) for reject in summary.rejects] == [(6, "x")]


def test_a_separator_line_counts_among_those_that_are_skipped(tmp_path: Path) -> None:
    text = "\r\n".join(["SEP=,", "Report", "", HEADER, *LINES, ""])
    assert counts(of(tmp_path, text, SKIPPING)) == (2, 2, 0, 0, 0)


def test_without_a_header_the_first_records_are_behind_the_skipped_lines(tmp_path: Path) -> None:
    layout = 'header = false\ncolumns = ["id", "msisdn", "start", "duration"]\nskip_lines = 1'
    text = "\n".join(["Report", "sep=,", *LINES, ""])
    assert counts(of(tmp_path, text, ('delimiter = ","', layout))) == (2, 2, 0, 0, 0)


@pytest.mark.parametrize("lines", ["", "a\nb\n", "a\nb\nc\n"])
def test_fewer_lines_than_are_skipped_are_an_error(lines: str, tmp_path: Path) -> None:
    with pytest.raises(HeaderError, match="the file is empty after the 3 lines to skip, and the profile expects"):
        of(tmp_path, lines, SKIPPING)


def test_a_file_of_rejects_begins_as_the_feed_did_and_can_be_repaired_and_imported(tmp_path: Path) -> None:
    text = "\n".join(["Report \0", "", "x", HEADER, LINES[0], LINES[1].replace("60", "6O"), ""])
    summary = of(tmp_path, text, SKIPPING)
    run("imports", "rejects", summary.import_id, "--format", "csv", "--output", tmp_path / "repair.csv")
    repaired = (tmp_path / "repair.csv").read_text()
    assert repaired == "\n".join(["Report \\x00", "", "x", HEADER, LINES[1].replace("60", "6O"), ""])
    assert counts(of(tmp_path, repaired.replace("6O", "60"), SKIPPING)) == (1, 1, 0, 0, 0)
    assert records() == TWO_CALLS


@pytest.mark.parametrize("end", ["\n\x1a", "\x1a", "\r\n\x1a\x1a\x1a", "\n\n\x1a"])
def test_an_end_mark_is_no_line_and_no_part_of_one(end: str, tmp_path: Path) -> None:
    summary = of(tmp_path, "\n".join([HEADER, *LINES]) + end)
    assert (summary.accepted, summary.rejected, summary.warnings) == (2, 0, ())
    assert records() == TWO_CALLS


def test_a_mark_within_the_file_is_left_where_it_is(tmp_path: Path) -> None:
    summary = of(tmp_path, "\n".join([HEADER, LINES[0], "\x1a", LINES[1], ""]))
    assert counts(summary) == (3, 2, 0, 0, 1)


@pytest.mark.parametrize("quote", ["", '"'])
@pytest.mark.parametrize("header", [HEADER, f"{HEADER},"])
def test_an_empty_field_behind_the_last_column_is_no_field(header: str, quote: str, tmp_path: Path) -> None:
    first = f"{quote}c15a{quote}{LINES[0].removeprefix('c15a')}"
    text = "\n".join([header, f"{first},", LINES[1], f"{LINES[0]},,", f"{LINES[0]},x", f"{LINES[0]}, ", ""])
    summary = of(tmp_path, text)
    named = header == HEADER
    assert records() == TWO_CALLS
    assert counts(summary) == ((5, 2, 0, 0, 3) if named else (5, 2, 0, 3, 0))
    assert [reject.line for reject in summary.rejects] == ([4, 5, 6] if named else [])


def test_of_a_single_column_no_field_is_left_out(tmp_path: Path) -> None:
    profile = (
        "[layout]\n[timestamp]\ncolumns = ['at']\n[usage_type]\nconstant = 'voice'\n[voice]\ncolumns = ['n']\n"
        "unit = 'seconds'\n[price]\ncolumn = 'n'\n[subscription]\nby = 'phone_number'\ncolumn = 'at'\n"
        "[constants]\nn = '1'"
    )
    (tmp_path / "feed.csv").write_text("at\n,\nx,\n\n")
    options = ImportOptions(is_dry_run=True)
    summary = import_feed(tmp_path / "feed.csv", profiles.parse(profile.encode(), source="mine.toml"), options)
    assert counts(summary) == (3, 0, 1, 0, 2)


def test_a_last_line_that_was_cut_off_is_told_and_the_whole_line_is_a_conflict(tmp_path: Path) -> None:
    whole = "\n".join([HEADER, *LINES, ""])
    cut_off = of(tmp_path, whole[:-2])
    assert counts(cut_off) == (2, 2, 0, 0, 0)
    (warning,) = cut_off.warnings
    assert warning.startswith("line 3, the last, has no line end: the file may have been cut off.")
    assert warning.endswith("a line with another amount is a conflict")
    summary = of(tmp_path, whole)
    assert (summary.lines, summary.duplicate, summary.conflict, summary.warnings) == (2, 1, 1, ())
    conflict = UsageConflict.objects.get()
    assert (conflict.stored_quantity, conflict.quantity) == (6, 60)


def test_of_records_without_reference_the_warning_says_that_the_whole_line_is_another(tmp_path: Path) -> None:
    whole = "\n".join([HEADER, *LINES, ""])
    without = ('columns = ["id"]', "")
    (warning,) = of(tmp_path, whole[:-2], without).warnings
    assert warning.endswith("a line with another amount is a new record, since the profile has no reference")
    assert counts(of(tmp_path, whole, without)) == (2, 1, 0, 1, 0)
    assert sorted(quantity for *_, quantity, _ in records()) == [6, 60, 60]


def test_the_warning_is_in_the_summary_for_people_and_for_programs(tmp_path: Path) -> None:
    (tmp_path / "feed.csv").write_text("\n".join([HEADER, *LINES]))
    command = ("import", tmp_path / "feed.csv", "--feed", CASES / "c15.toml", "--create-subscriptions")
    assert "warning: line 3, the last, has no line end" in run(*command, "--dry-run", "--format", "table")
    assert '"warnings": ["line 3, the last, has no line end' in run(*command, "--format", "json")
    assert '"warnings": []' in run(*command, "--format", "json")


def test_an_end_that_comes_with_a_later_chunk_is_no_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 50)
    summary = of(tmp_path, "\n".join([HEADER, *LINES, ""]))
    assert (summary.accepted, summary.warnings) == (2, ())
