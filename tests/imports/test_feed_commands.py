"""The commands `wingtel imports list` and `wingtel feeds list`, and options of `wingtel import`."""

import json
from pathlib import Path

import pytest

from tests.command import CommandFailed
from tests.command import run as run_command
from wingtel.imports.models import UsageImport

from .reading import records
from .test_commands import GOOD, run, run_rejecting

pytestmark = pytest.mark.django_db
BAD = "b,att,+12025550100,data,2026-02-30T00:00:00Z,1,1\nc,att,+12025550100,fax,2026-03-01T00:00:00Z,1,1\n"


def import_bad(folder: Path) -> int:
    (folder / "feed.csv").write_text(GOOD + BAD)
    run_rejecting("import", folder / "feed.csv", "--feed", "wingtel", "--create-subscriptions", "--no-progress")
    return UsageImport.objects.get().pk


def test_imports_are_listed_and_shown(tmp_path: Path) -> None:
    number = import_bad(tmp_path)
    (listed,) = json.loads(run("imports", "list", "--format", "json"))["results"]
    assert (listed["id"], listed["status"], listed["lines"], listed["rejected"]) == (number, "completed", 3, 2)
    assert json.loads(run("imports", "show", number, "--format", "json")) == listed
    assert "completed" in run("imports", "list", "--format", "table")
    assert "completed" in run("imports", "show", number)
    with pytest.raises(CommandFailed, match="there is no import 0"):
        run("imports", "show", 0)


def test_rejects_come_in_the_feeds_own_format_and_are_imported_when_repaired(tmp_path: Path) -> None:
    number = import_bad(tmp_path)
    assert "unknown usage type 'fax'" in run("imports", "rejects", number, "--format", "table")
    assert json.loads(run("imports", "rejects", number, "--format", "json"))["results"][0]["line"] == 3
    rejects = run("imports", "rejects", number, "--format", "csv")
    assert rejects == GOOD.splitlines()[0] + "\n" + BAD
    run("imports", "rejects", number, "--format", "csv", "--output", tmp_path / "repaired.csv")
    repaired = (tmp_path / "repaired.csv").read_text().replace("02-30", "03-02").replace("fax", "voice")
    (tmp_path / "repaired.csv").write_text(repaired)
    run("import", tmp_path / "repaired.csv", "--feed", "wingtel", "--no-progress")
    assert [record_id for record_id, *_ in records()] == ["a", "b", "c"]


def test_a_very_long_line_comes_back_whole_in_the_feeds_own_format(tmp_path: Path) -> None:
    long = f"d,att,+12025550100,data,2026-03-01T00:00:00Z,{'1' * 70_000},1\n"
    (tmp_path / "feed.csv").write_text(GOOD + BAD + long)
    run_rejecting("import", tmp_path / "feed.csv", "--feed", "wingtel", "--create-subscriptions", "--no-progress")
    assert (
        run("imports", "rejects", UsageImport.objects.get().pk, "--format", "csv")
        == GOOD.splitlines()[0] + "\n" + BAD + long
    )


def test_an_import_stops_at_too_many_rejects_and_goes_on_when_more_are_allowed(tmp_path: Path) -> None:
    (tmp_path / "feed.csv").write_text(GOOD + "bad\n" * 5)
    with pytest.raises(CommandFailed, match="5 lines were rejected, more than 4") as error:
        run("import", tmp_path / "feed.csv", "--feed", "wingtel", "--create-subscriptions", "--max-rejects", 4)
    assert error.value.exit_code == 4
    assert UsageImport.objects.get().status == "failed"
    run_rejecting("import", tmp_path / "feed.csv", "--feed", "wingtel", "--create-subscriptions")
    run_ = UsageImport.objects.get()
    assert (run_.status, run_.lines, run_.rejected) == ("completed", 6, 5)


def test_standard_input_and_several_files_are_imported(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text(GOOD.replace("a,att", "b,att"))
    (tmp_path / "c.csv").write_text("nonsense\n")
    with pytest.raises(CommandFailed, match=r"c\.csv: the column") as error:
        run_command(
            *("import", "-", str(tmp_path), "--feed", "wingtel", "--create-subscriptions", "--format", "json"),
            given=GOOD.encode(),
        )
    assert error.value.exit_code == 1
    summaries = [json.loads(line) for line in error.value.stdout.splitlines()]
    assert [(summary["file"], summary["accepted"]) for summary in summaries] == [("-", 1), (str(tmp_path / "b.csv"), 1)]


def test_a_dry_run_stores_nothing(tmp_path: Path) -> None:
    (tmp_path / "feed.csv").write_text(GOOD)
    printed = run(
        "import", tmp_path / "feed.csv", "--feed", "wingtel", "--create-subscriptions", "--dry-run", "--format", "table"
    )
    assert "nothing was stored" in printed
    assert records() == []


def test_feeds_lists_profiles_and_checks_one_against_a_file(tmp_path: Path) -> None:
    assert "cdr-gen" in run("feeds", "list")
    (tmp_path / "feed.csv").write_text(GOOD + BAD)
    printed = run("feeds", "check", "wingtel", tmp_path / "feed.csv", "--format", "table")
    assert "unknown phone number +12025550100" in run("feeds", "check", "wingtel", tmp_path / "feed.csv")
    assert "3 lines, 0 of them skipped, 2 rejected; nothing was stored" in printed
    assert records() == []


def test_a_folder_is_watched_by_the_rule_that_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(GOOD)
    (tmp_path / "b.csv").write_text(GOOD.replace("a,att", "b,att"))
    (tmp_path / "b.csv.ok").touch()
    watch = ("feeds", "watch", tmp_path, "--feed", "wingtel", "--create-subscriptions", "--once", "--complete")
    assert run(*watch, "marker").splitlines() == [
        f"Watching {tmp_path}",
        "b.csv: 1 lines: 1 accepted, 0 skipped, 0 duplicate, 0 conflict, 0 rejected",
    ]
    assert "a.csv: 1 lines: 1 accepted" in run(*watch, "rename")
    with pytest.raises(CommandFailed, match="'soon' is not rename, marker, quiet, or quiet:SECONDS"):
        run(*watch, "soon")
