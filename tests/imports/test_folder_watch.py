"""Folder watch: completion of files, their import and move, and protection from other users of the folder."""

import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from django.db import DataError, OperationalError

from tests.sessions import new_connection
from wingtel.config.watches import QUIET, parse_completion
from wingtel.imports import profiles
from wingtel.imports.errors import SourceError
from wingtel.imports.folder_watch import Arrival, FolderWatch
from wingtel.imports.models import UsageImport
from wingtel.imports.profiles import Profile
from wingtel.imports.service import ImportOptions, ImportSummary, Progress, import_feed

from .reading import records
from .test_commands import GOOD
from .test_formats import LAYOUT, SHIPPED, parquet

pytestmark = pytest.mark.django_db
IMPORT = partial(import_feed, profile=profiles.find("wingtel"), options=ImportOptions(create_subscriptions=True))
CONTENT = b"491510000001,31.12.2026"


class Clock:
    """A clock in seconds that a test sets."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "feeds").mkdir()
    return tmp_path / "feeds"


@pytest.fixture
def watch(folder: Path) -> FolderWatch:
    """Return a watch that imports a file at once."""
    return FolderWatch(folder, IMPORT, parse_completion("rename"))


def line(reference: str) -> str:
    return GOOD.splitlines(keepends=True)[1].replace("a,att", f"{reference},att")


def of_format(form: str) -> Profile:
    """Return Wingtel's own profile for another format."""
    return profiles.parse(SHIPPED.replace(LAYOUT, f'[layout]\nformat = "{form}"\n').encode(), source="own.toml")


def files(folder: Path) -> list[str]:
    """Return the paths of all files and links in a folder and its subfolders."""
    within = (path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    return sorted(str(path.relative_to(folder)) for path in within)


def counts(arrival: Arrival) -> tuple[str, int, int]:
    assert arrival.summary
    return arrival.name, arrival.summary.accepted, arrival.summary.duplicate


# When a file is taken


def test_by_its_name_a_file_is_taken_at_once_unless_it_is_unfinished_or_hidden(watch: FolderWatch) -> None:
    for name in ("a.csv", "b.csv.part", "c.csv.TMP", ".d.csv", "e.done"):
        (watch.folder / name).write_text(GOOD)
    assert [counts(arrival) for arrival in watch.scan()] == [("a.csv", 1, 0), ("e.done", 1, 0)]
    assert files(watch.folder) == [".d.csv", "b.csv.part", "c.csv.TMP", "done/a.csv", "done/e.done"]
    assert not watch.is_waiting


@pytest.mark.parametrize("marker", ["a.csv.done", "a.csv.ok"])
def test_by_a_marker_a_file_is_taken_once_that_is_beside_it_and_both_are_moved(marker: str, folder: Path) -> None:
    watch = FolderWatch(folder, IMPORT, parse_completion("marker"))
    (folder / "a.csv").write_text(GOOD)
    (folder / "a.done").touch()
    assert watch.scan() == []
    (folder / marker).touch()
    (arrival,) = watch.scan()
    assert counts(arrival) == ("a.csv", 1, 0)
    assert files(folder) == ["a.done", "done/a.csv", f"done/{marker}"]
    (folder / "wrong.csv").write_text("x\n")
    (folder / "wrong.csv.ok").touch()
    assert "is missing" in watch.scan()[0].problem
    assert files(folder / "failed") == ["wrong.csv", "wrong.csv.error", "wrong.csv.ok"]


def test_a_marker_that_an_ended_scan_left_behind_does_not_count_for_the_next_file_of_its_name(folder: Path) -> None:
    watch = FolderWatch(folder, IMPORT, parse_completion("marker"))
    (folder / "done").mkdir()
    (folder / "done" / "a.csv").write_text(GOOD)
    (folder / "a.csv.done").touch()
    (folder / "b.csv.done").touch()
    assert watch.scan() == []
    (folder / "a.csv").write_text(GOOD)
    assert watch.scan() == []
    assert files(folder) == ["a.csv", "b.csv.done", "done/a.csv", "done/a.csv.done"]


def test_by_quiet_a_file_is_taken_when_it_was_the_same_for_so_long(folder: Path) -> None:
    clock = Clock()
    watch = FolderWatch(folder, IMPORT, parse_completion("quiet:60"), clock)
    (folder / "a.csv").write_text(GOOD)
    assert watch.scan() == []
    clock.now += 59
    assert watch.scan() == []
    with (folder / "a.csv").open("a") as file:
        file.write(line("b"))
    clock.now += 1
    assert watch.scan() == []
    clock.now += 59
    assert watch.scan() == []
    assert watch.is_waiting
    clock.now += 1
    assert [counts(arrival) for arrival in watch.scan()] == [("a.csv", 2, 0)]
    assert not watch.is_waiting


def test_by_default_a_file_is_taken_when_it_is_the_same_at_two_scans(folder: Path) -> None:
    watch = FolderWatch(folder, IMPORT)
    (folder / "a.csv").write_text(GOOD)
    assert watch.scan() == []
    (folder / "new.csv").write_text(GOOD)
    (folder / "new.csv").rename(folder / "a.csv")  # another file with the same size
    assert watch.scan() == []
    assert [counts(arrival) for arrival in watch.scan()] == [("a.csv", 1, 0)]


@pytest.mark.django_db(transaction=True)
def test_of_two_processes_one_scans_a_folder_at_a_time(watch: FolderWatch) -> None:
    (watch.folder / "a.csv").write_text(GOOD)
    with new_connection() as other:
        other.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [f"watch {watch.folder}"])
        assert watch.scan() == []
        other.execute("SELECT pg_advisory_unlock_all()")
        assert [counts(arrival) for arrival in watch.scan()] == [("a.csv", 1, 0)]


# What becomes of it


def test_files_go_to_done_or_to_failed_with_the_reason(watch: FolderWatch) -> None:
    (watch.folder / "good.csv").write_text(GOOD)
    (watch.folder / "wrong.csv").write_text("x\n")
    good, wrong = watch.scan()
    assert (good.moved_to, wrong.moved_to) == (watch.folder / "done/good.csv", watch.folder / "failed/wrong.csv")
    assert files(watch.folder) == ["done/good.csv", "failed/wrong.csv", "failed/wrong.csv.error"]
    problem = "the column 'record_id' is missing; the columns found are 'x'"
    assert (watch.folder / "failed" / "wrong.csv.error").read_text() == f"{problem}\n"
    assert wrong.problem == problem
    assert UsageImport.objects.get(status="completed").file == str(watch.folder / "good.csv")


def test_none_takes_the_place_of_another(watch: FolderWatch) -> None:
    for text in (GOOD, GOOD + line("b"), GOOD):
        (watch.folder / "a.csv").write_text(text)
        watch.scan()
    for text in ("x\n", "y\n"):
        (watch.folder / "w.csv").write_text(text)
        (watch.folder / "failed" / "w-2.csv.error").write_text("kept")
        watch.scan()
    texts = {path: (watch.folder / path).read_text() for path in files(watch.folder)}
    assert [texts[f"done/{name}"] for name in ("a.csv", "a-2.csv", "a-3.csv")] == [GOOD, GOOD + line("b"), GOOD]
    assert (texts["failed/w.csv"], texts["failed/w-2.csv"], texts["failed/w-2.csv.error"]) == ("x\n", "y\n", "kept")
    assert "the columns found are 'y'" in texts["failed/w-2.csv-2.error"]


def test_the_longest_names_are_moved_as_well(watch: FolderWatch) -> None:
    for text in (GOOD, "x\n", "y\n"):
        (watch.folder / ("ä" * 125 + ".csv")).write_text(text)
        watch.scan()
    assert len(files(watch.folder / "done")) == 1
    assert len(files(watch.folder / "failed")) == 2 + 1  # the error of the first has no name that is short enough


@pytest.mark.django_db(transaction=True)
def test_a_name_that_is_no_text_is_escaped_where_it_is_kept(watch: FolderWatch) -> None:
    (watch.folder / os.fsdecode(b"a\xff\n.csv")).write_text(GOOD)
    (arrival,) = watch.scan()
    assert (arrival.name, arrival.moved_to.exists()) == ("a\\udcff\\n.csv", True)
    assert UsageImport.objects.get().file == str(watch.folder / "a\\udcff\\n.csv")


def test_parquet_is_read_from_a_watched_folder(folder: Path, tmp_path: Path) -> None:
    (folder / "a.parquet").write_bytes(parquet())
    importing = partial(IMPORT, profile=of_format("parquet"))
    (arrival,) = FolderWatch(folder, importing, parse_completion("rename")).scan()
    assert counts(arrival) == ("a.parquet", 3, 0)


# Links and others who write


def test_a_link_is_not_followed_but_moved_aside(watch: FolderWatch, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.csv").write_text(GOOD)
    (watch.folder / "to-file.csv").symlink_to(tmp_path / "elsewhere.csv")
    (watch.folder / "to-nothing.csv").symlink_to("nothing")
    (watch.folder / "to-itself.csv").symlink_to("to-itself.csv")
    (watch.folder / "to-folder").symlink_to(tmp_path)
    assert [(arrival.name, arrival.problem) for arrival in watch.scan()] == [
        (name, "is a link, and links are not followed") for name in ("to-file.csv", "to-itself.csv", "to-nothing.csv")
    ]
    assert (watch.folder / "failed" / "to-file.csv").is_symlink()
    assert (watch.folder / "failed" / "to-file.csv.error").read_text() == "is a link, and links are not followed\n"
    assert (watch.folder / "to-folder").is_symlink()
    assert (tmp_path / "elsewhere.csv").read_text() == GOOD
    assert (watch.scan(), records()) == ([], [])


@pytest.mark.parametrize("name", ["done", "failed", ".wingtel"])
@pytest.mark.parametrize("target", ["elsewhere", "nothing"])
def test_a_folder_of_ours_that_is_a_link_is_refused_before_anything_is_taken(
    name: str, target: str, watch: FolderWatch, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (watch.folder / name).symlink_to(tmp_path / target)
    (watch.folder / "a.csv").write_text(GOOD)
    with pytest.raises(SourceError, match=f"{name} is a link or no folder: nothing is moved there"):
        watch.scan()
    assert files(tmp_path / "elsewhere") == []
    assert not (tmp_path / "nothing").exists()
    assert records() == []


def test_nothing_is_written_through_a_link_in_failed(watch: FolderWatch, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("kept")
    (watch.folder / "failed").mkdir()
    for name in ("w.csv", "w-2.csv.error"):
        (watch.folder / "failed" / name).symlink_to(tmp_path / "elsewhere")
    (watch.folder / "w.csv").write_text("x\n")
    (arrival,) = watch.scan()
    assert arrival.moved_to == watch.folder / "failed" / "w-2.csv"
    assert "is missing" in (watch.folder / "failed" / "w-2.csv-2.error").read_text()
    assert (tmp_path / "elsewhere").read_text() == "kept"


def during(watch: FolderWatch, act: Callable[[], object]) -> FolderWatch:
    """Return a watch that calls `act` during an import, before the file is read."""

    def importing(path: Path, *, name: str, on_progress: Progress) -> ImportSummary:
        act()
        return IMPORT(path, name=name, on_progress=on_progress)

    return FolderWatch(watch.folder, importing, watch.completion)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="the system has no paths of open files")
def test_a_file_that_becomes_a_link_is_imported_as_it_was_opened(watch: FolderWatch, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.csv").write_text(GOOD.replace("a,att", "stolen,att"))
    (watch.folder / "a.csv").write_text(GOOD)

    def swap() -> None:
        (watch.folder / "a.csv").unlink()
        (watch.folder / "a.csv").symlink_to(tmp_path / "elsewhere.csv")

    (arrival,) = during(watch, swap).scan()
    assert [reference for reference, *_ in records()] == ["a"]
    assert arrival.moved_to == watch.folder / "a.csv"  # it is another now
    assert [arrival.problem for arrival in watch.scan()] == ["is a link, and links are not followed"]


def test_a_file_that_comes_while_one_of_its_name_is_imported_is_taken_next(watch: FolderWatch) -> None:
    (watch.folder / "a.csv").write_text(GOOD)
    (watch.folder / "next.part").write_text(GOOD + line("b"))
    (first,) = during(watch, lambda: (watch.folder / "next.part").rename(watch.folder / "a.csv")).scan()
    assert (counts(first), first.moved_to) == (("a.csv", 1, 0), watch.folder / "a.csv")
    assert [counts(arrival) for arrival in watch.scan()] == [("a.csv", 1, 1)]
    assert (watch.folder / "done" / "a.csv").read_text() == GOOD + line("b")


def test_a_folder_that_is_put_in_place_of_done_gets_nothing(watch: FolderWatch, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (watch.folder / "a.csv").write_text(GOOD)

    def swap() -> None:
        (watch.folder / "done").rename(watch.folder / "was-done")
        (watch.folder / "done").symlink_to(tmp_path / "elsewhere")

    during(watch, swap).scan()
    assert (files(tmp_path / "elsewhere"), files(watch.folder / "was-done")) == ([], ["a.csv"])


def test_what_is_no_file_is_left_alone(watch: FolderWatch) -> None:
    os.mkfifo(watch.folder / "pipe.csv")
    (watch.folder / "folder.csv").mkdir()
    assert watch.scan() == []
    assert stat.S_ISFIFO((watch.folder / "pipe.csv").stat().st_mode)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Yield a folder that all may write to, as an ordinary user: root may open any file."""
    before = os.geteuid()
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o777)
        os.seteuid(before or 65_534)
        yield Path(name)
        os.seteuid(before)


def test_a_file_that_may_not_be_opened_fails_and_the_next_is_taken(open_folder: Path) -> None:
    (open_folder / "a.csv").write_text(GOOD)
    (open_folder / "a.csv").chmod(0)
    (open_folder / "b.csv").write_text(GOOD)
    closed, good = FolderWatch(open_folder, IMPORT, parse_completion("rename")).scan()
    assert (closed.problem, good.name) == ("cannot be opened: permission denied", "b.csv")


@pytest.mark.parametrize(
    ("form", "content"),
    [
        ("delimited", b"\x1f\x8b\x08\x00" + CONTENT),
        ("delimited", b"\xff" + CONTENT + b"\n"),
        ("delimited", b""),
        ("parquet", CONTENT),
        ("parquet", b"PAR1" + CONTENT * 100 + b"PAR1"),
    ],
)
def test_the_error_beside_a_file_quotes_nothing_of_it(form: str, content: bytes, folder: Path) -> None:
    (folder / "a").write_bytes(content)
    importing = partial(import_feed, profile=of_format(form), options=ImportOptions())
    (failed,) = FolderWatch(folder, importing, parse_completion("rename")).scan()
    assert failed.problem
    written = (folder / "failed" / "a.error").read_bytes()
    assert CONTENT[:9] not in written
    assert b"0xff" not in written
    assert b"/proc" not in written


def test_the_words_of_a_library_are_told_to_the_operator_only(folder: Path) -> None:
    def importing(path: Path, *, name: str, on_progress: Progress) -> ImportSummary:
        try:
            raise ValueError(f"cannot parse {path.read_bytes()!r}")
        except ValueError as error:
            raise SourceError(f"{path}: the file is damaged: {error}") from error

    (folder / "a").write_bytes(CONTENT)
    (failed,) = FolderWatch(folder, importing, parse_completion("rename")).scan()
    assert failed.problem == f"{folder / 'a'}: the file is damaged: cannot parse {CONTENT!r}"
    assert (folder / "failed" / "a.error").read_text() == "a: the file is damaged\n"


def test_of_column_names_a_thousand_characters_are_told(watch: FolderWatch) -> None:
    (watch.folder / "a.csv").write_text("x" * 100_000 + "\n")
    watch.scan()
    assert len((watch.folder / "failed" / "a.csv.error").read_text()) == 1001


# A file that ends the import


def dies(error: type[BaseException], *, commits: bool = False) -> Callable[..., ImportSummary]:
    """Return an import that raises `error` for each file but `good.csv`."""

    def importing(path: Path, *, name: str, on_progress: Progress) -> ImportSummary:
        if name.endswith("good.csv"):
            return IMPORT(path, name=name, on_progress=on_progress)
        if commits:
            on_progress(1, None)  # type: ignore[arg-type] # the counts are not read
        raise error

    return importing


def scans(watch: FolderWatch, error: type[BaseException], times: int) -> Iterator[list[Arrival]]:
    for _ in range(times):
        try:
            yield watch.scan()
        except error:
            yield []


@pytest.mark.parametrize("error", [MemoryError, DataError, RuntimeError])
def test_a_file_that_ended_the_import_twice_fails_and_the_next_is_taken(error: type[Exception], folder: Path) -> None:
    (folder / "bad.csv").write_text("x\n")
    (folder / "good.csv").write_text(GOOD)
    watch = FolderWatch(folder, dies(error), parse_completion("rename"))
    assert list(scans(watch, error, 2)) == [[], []]
    bad, good = watch.scan()
    assert bad.problem == "the import was ended 2 times by this file, with nothing recorded"
    assert counts(good) == ("good.csv", 1, 0)
    assert files(folder) == ["done/good.csv", "failed/bad.csv", "failed/bad.csv.error"]


def test_so_does_one_that_is_not_the_first_of_its_folder(folder: Path) -> None:
    for name in ("1-good.csv", "bad.csv", "good.csv"):
        (folder / name).write_text(GOOD.replace("a,att", f"{name},att"))
    for _ in range(2):  # each time as a process of its own, which knows nothing of the one before
        watch = FolderWatch(folder, dies(MemoryError), parse_completion("rename"))
        assert list(scans(watch, MemoryError, 1)) == [[]]
    bad, good = FolderWatch(folder, dies(MemoryError), parse_completion("rename")).scan()
    assert bad.problem == "the import was ended 2 times by this file, with nothing recorded"
    assert counts(good) == ("good.csv", 1, 0)
    assert files(folder) == ["done/1-good.csv", "done/good.csv", "failed/bad.csv", "failed/bad.csv.error"]


@pytest.mark.parametrize(
    ("error", "commits"),
    [(OperationalError, False), (SystemExit, False), (KeyboardInterrupt, False), (RuntimeError, True)],
)
def test_neither_the_database_nor_being_told_to_end_nor_an_import_that_goes_on_counts_against_a_file(
    error: type[BaseException], commits: bool, folder: Path
) -> None:
    (folder / "bad.csv").write_text(GOOD)
    watch = FolderWatch(folder, dies(error, commits=commits), parse_completion("rename"))
    assert list(scans(watch, error, 5)) == [[]] * 5
    assert [counts(arrival) for arrival in FolderWatch(folder, IMPORT, watch.completion).scan()] == [("bad.csv", 1, 0)]


def test_another_file_of_the_same_name_begins_anew(folder: Path) -> None:
    watch = FolderWatch(folder, dies(RuntimeError), parse_completion("rename"))
    (folder / "bad.csv").write_text("x\n")
    assert list(scans(watch, RuntimeError, 2)) == [[], []]
    (folder / "new").write_text(GOOD)
    (folder / "new").rename(folder / "bad.csv")
    assert [counts(arrival) for arrival in FolderWatch(folder, IMPORT, watch.completion).scan()] == [("bad.csv", 1, 0)]


def test_a_file_imported_before_is_found_to_be_so_and_moved(folder: Path) -> None:
    watch = FolderWatch(folder, IMPORT, QUIET)
    for _ in range(2):
        (folder / "a.csv").write_text(GOOD)
        watch.scan()
        (arrival,) = watch.scan()
    assert arrival.summary
    assert (arrival.summary.was_imported, arrival.moved_to.name) == (True, "a-2.csv")
