"""The process `wingtel feeds watch`: files that arrive, a kill, and signals to end."""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path

import pytest

from tests.sessions import database_url
from wingtel.imports.generator import write_feed
from wingtel.imports.models import UsageImport

from .reading import differing_days, rows
from .test_commands import GOOD

pytestmark = pytest.mark.django_db(transaction=True)
DEADLINE = 120
TICK = 0.02
"""Seconds of one wait for output."""


class Watch:
    """The process and its output so far."""

    def __init__(self, folder: Path, *, every: float) -> None:
        self.said = ""
        options = ["--feed", "wingtel", "--create-subscriptions", "--every", str(every)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "wingtel", "feeds", "watch", str(folder), *options],
            env=os.environ | {"DATABASE_URL": database_url()},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def listen(self) -> None:
        """Read the output of one tick."""
        assert self.process.stdout
        if select.select([self.process.stdout], [], [], TICK)[0]:
            self.said += os.read(self.process.stdout.fileno(), 1 << 16).decode()

    def until(self, is_so: Callable[[], bool], *, meanwhile: Callable[[], None] = lambda: None) -> None:
        end = time.monotonic() + DEADLINE
        while not is_so():
            assert self.process.poll() is None, self.said
            assert time.monotonic() < end, self.said
            meanwhile()
            self.listen()

    def until_said(self, words: str, *, meanwhile: Callable[[], None] = lambda: None) -> None:
        self.until(lambda: words in self.said, meanwhile=meanwhile)


StartWatch = Callable[..., Watch]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[StartWatch]:
    """Return a function that starts a watch of `tmp_path`. The watch is killed when the test ends."""
    with ExitStack() as leaving:

        def begin(*, every: float = 0.1) -> Watch:
            watch = Watch(tmp_path, every=every)
            leaving.enter_context(watch.process)
            leaving.callback(watch.process.kill)
            watch.until_said(f"Watching {tmp_path}")
            return watch

        yield begin


def test_files_renamed_in_are_imported_and_go_to_done_or_failed(start: StartWatch, tmp_path: Path) -> None:
    watch = start()
    for name, text in (("good.csv", GOOD), ("wrong.csv", "x\n1\n")):
        (tmp_path / f"{name}.part").write_text(text)
        (tmp_path / f"{name}.part").rename(tmp_path / name)
    watch.until_said("good.csv: 1 lines: 1 accepted, 0 skipped, 0 duplicate, 0 conflict, 0 rejected")
    watch.until_said("wrong.csv: failed: the column 'record_id' is missing")
    assert (tmp_path / "done" / "good.csv").read_text() == GOOD
    assert (tmp_path / "failed" / "wrong.csv").exists()
    assert "is missing" in (tmp_path / "failed" / "wrong.csv.error").read_text()
    assert not [path for path in tmp_path.iterdir() if path.is_file()]


def test_a_file_that_grows_is_left_until_it_does_no_more(start: StartWatch, tmp_path: Path) -> None:
    watch = start(every=1)
    header, first = GOOD.splitlines(keepends=True)
    written = 0

    def grow() -> None:
        nonlocal written
        with (tmp_path / "growing.csv").open("a") as file:
            file.write(first.replace("a,att", f"g{written},att"))
        written += 1

    (tmp_path / "growing.csv").write_text(header)
    (tmp_path / "whole.csv").write_text(GOOD)
    watch.until_said("whole.csv: 1 lines", meanwhile=grow)
    assert "growing.csv" not in watch.said
    watch.until_said(f"growing.csv: {written} lines: {written} accepted")
    assert rows("SELECT count(*) FROM usage_source") == [(written + 1,)]


def test_killed_in_the_middle_of_a_file_the_next_watch_goes_on_with_it(start: StartWatch, tmp_path: Path) -> None:
    written = write_feed(tmp_path / "large.csv.part", subscriptions=12_000, days=1, seed=3, last_day=date(2026, 3, 2))
    killed = start()
    (tmp_path / "large.csv.part").rename(tmp_path / "large.csv")
    killed.until(lambda: rows("SELECT 1 FROM wingtel_imported_range LIMIT 1") != [])
    killed.process.kill()
    killed.process.wait()
    begun = UsageImport.objects.get()
    assert begun.status == "running"
    assert 0 < begun.lines < written
    assert (tmp_path / "large.csv").exists()
    watch = start()
    others = "0 skipped, 0 duplicate, 0 conflict, 0 rejected"
    watch.until_said(f"large.csv: {written} lines: {written} accepted, {others}")
    assert (tmp_path / "done" / "large.csv").exists()
    assert UsageImport.objects.get().status == "completed"
    assert rows("SELECT count(*) FROM usage_source") == [(written,)]
    assert differing_days() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_end_it_says_nothing_of_an_error(number: signal.Signals, start: StartWatch, tmp_path: Path) -> None:
    watch = start()
    (tmp_path / "good.csv").write_text(GOOD)
    watch.until_said("good.csv: 1 lines: 1 accepted")
    watch.process.send_signal(number)
    rest, _ = watch.process.communicate(timeout=DEADLINE)
    assert (watch.process.returncode, rest.decode()) == (128 + number, "")
