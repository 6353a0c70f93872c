"""The commands `wingtel import` and `wingtel generate`."""

import json
from pathlib import Path

import pytest

from tests.command import CommandFailed, outcome
from tests.command import run as run_command

GOOD = "record_id,carrier,subscription,usage_type,usage_date,quantity,price\n"
GOOD += "a,att,+12025550100,data,2026-03-01T00:00:00Z,1,1\n"
pytestmark = pytest.mark.django_db


def run(*arguments: object) -> str:
    return run_command(*arguments)


def run_rejecting(*arguments: object) -> str:
    """Return the output of a command that exits with 3, since lines were rejected."""
    with pytest.raises(CommandFailed, match="lines were rejected") as error:
        run(*arguments)
    assert error.value.exit_code == 3
    return error.value.stdout


def test_import_prints_the_counts_and_rejects_as_json(tmp_path: Path) -> None:
    (tmp_path / "feed.csv").write_text(GOOD + GOOD.splitlines()[1] + "\nb\n")
    printed = json.loads(
        run_rejecting(
            "import", tmp_path / "feed.csv", "--feed", "wingtel", "--create-subscriptions", "--format", "json"
        )
    )
    assert printed.pop("import_id") > 0
    assert printed.pop("seconds") >= 0
    assert printed.pop("lines_per_second") >= 0
    assert printed == {
        "file": str(tmp_path / "feed.csv"),
        "feed": "wingtel",
        "lines": 3,
        "accepted": 1,
        "skipped": 0,
        "duplicate": 1,
        "conflict": 0,
        "rejected": 1,
        "records": 1,
        "was_imported": False,
        "resumed": 0,
        "equal_lines": 0,
        "warnings": [],
        "rejects": [{"line": 4, "field": "", "reason": "1 fields instead of 7"}],
    }


def test_a_dry_run_of_lines_that_are_all_wrong_tells_them(tmp_path: Path) -> None:
    (tmp_path / "feed.csv").write_text(GOOD.splitlines()[0] + "\nbad\n")
    printed = run_rejecting(
        "import", tmp_path / "feed.csv", "--feed", "wingtel", "--dry-run", "--no-progress", "--format", "table"
    )
    assert "1 fields instead of 7" in printed


def test_import_prints_a_table_and_how_many_rejects_it_left_out(tmp_path: Path) -> None:
    (tmp_path / "feed.csv").write_text(GOOD + "bad\n" * 23)
    printed = run_rejecting("import", tmp_path / "feed.csv", "--feed", "wingtel", "--no-progress", "--format", "table")
    assert "lines (without header)" in printed
    assert "and 4 more rejected lines" in printed


def test_the_progress_bar_goes_to_standard_error(tmp_path: Path) -> None:
    (tmp_path / "feed.csv").write_text(GOOD)
    result = outcome("import", tmp_path / "feed.csv", "--feed", "wingtel", "--create-subscriptions")
    assert "feed.csv" in result.stderr


@pytest.mark.parametrize(
    ("file", "feed", "message"),
    [
        ("nowhere.csv", "wingtel", "nowhere.csv: there is no such file"),
        ("feed.csv", "nonsense", "neither a file nor one of cdr-gen, wingtel"),
        ("feed.csv", "cdr-gen", "feed.csv: the column 'Sequence' is missing; the columns found are"),
    ],
)
def test_import_fails_with_what_was_wrong(file: str, feed: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "feed.csv").write_text(GOOD)
    with pytest.raises(CommandFailed, match=message):
        run("import", tmp_path / file, "--feed", feed, "--no-progress")


def test_generate_writes_what_import_reads(tmp_path: Path) -> None:
    file = tmp_path / "demo.csv"
    assert run(
        "generate", "--subscriptions", 20, "--days", 2, "--seed", 3, "--until", "2026-03-02", "--output", file
    ).endswith(f"records of 20 subscriptions in {file}\n")
    printed = json.loads(
        run("import", file, "--feed", "wingtel", "--create-subscriptions", "--format", "json", "--no-progress")
    )
    assert printed["accepted"] == printed["lines"] == len(file.read_text().splitlines()) - 1


@pytest.mark.parametrize("arguments", [("--days", "0"), ("--subscriptions", "x"), ("--until", "2026-02-30")])
def test_generate_refuses_what_makes_no_sense(arguments: tuple[str, str], tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match=arguments[1]):
        run("generate", "--output", tmp_path / "feed.csv", *arguments)
