"""Background work in its real processes."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.embedded.observer import until
from tests.sessions import database_url
from wingtel.embedded import EmbeddedValkey
from wingtel.tasks.models import TaskRun


class Work:
    """`wingtel worker`, and the processes it started."""

    def __init__(self, valkey: EmbeddedValkey, options: tuple[str, ...], **variables: str) -> None:
        quick = {"WINGTEL_MERGE_INTERVAL": "0.2", "WINGTEL_WATCH_INTERVAL": "0.3", "WINGTEL_MAINTENANCE_INTERVAL": "1"}
        days = {"WINGTEL_MAX_FUTURE_DAYS": "2"}
        servers = {"DATABASE_URL": database_url(), "REDIS_URL": valkey.url()}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "wingtel", "worker", "--grace", "5", *options],
            env=os.environ | quick | days | servers | {"DJANGO_SETTINGS_MODULE": "wingtel.settings"} | variables,
        )

    def of(self, text: str) -> int:
        """Return the process it started whose command line contains a text."""
        (process,) = (pid for pid in self.children() if text in _command(pid))
        return process

    def children(self) -> list[int]:
        """Return the processes it started itself."""
        return children(self.process.pid)

    def everything(self) -> list[int]:
        """Return these and the processes they started."""
        return [pid for child in self.children() for pid in (child, *children(child))]

    def end(self) -> int:
        """End it, and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


StartWork = Callable[..., Work]


@pytest.fixture
def start_work(transactional_db: None, valkey: EmbeddedValkey) -> Iterator[StartWork]:
    """Yield a function that starts background work on the test database and waits until it works.

    It ends with the test.
    """
    with ExitStack() as leaving:

        def begin(*options: str, **variables: str) -> Work:
            before = runs("wingtel.merge")
            work = Work(valkey, options, **variables)
            leaving.callback(work.process.wait)
            leaving.callback(work.process.terminate)
            until(lambda: runs("wingtel.merge") > before, seconds=90)
            return work

        yield begin


def runs(task: str) -> int:
    """Return how often a task has run."""
    return sum(TaskRun.objects.filter(task=task).values_list("runs", flat=True))


def lives(pid: int) -> bool:
    """Return True if the process exists and has not ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def children(pid: int) -> list[int]:
    """Return the processes that a process started itself."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def _command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
