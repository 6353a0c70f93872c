"""Real servers in real folders. Root runs them as another account, an ordinary user as itself."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.leftovers import new_folder
from wingtel.embedded import EmbeddedPostgres

from .observer import Holder

# Tests for the other kind of user are not collected, rather than skipped.
collect_ignore = ["test_as_ordinary_user.py" if os.geteuid() == 0 else "test_as_root.py"]

UNSAFE_BUT_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@pytest.fixture
def server_folder() -> Iterator[Path]:
    """Yield a folder that the account of root's server can reach; pytest's tmp_path is closed to it."""
    folder = new_folder("wt-").resolve()
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def server(server_folder: Path) -> Iterator[EmbeddedPostgres]:
    """Yield a server that has not been started, and stop it after the test."""
    server = EmbeddedPostgres(server_folder / "pg", settings=UNSAFE_BUT_FAST)
    try:
        yield server
    finally:
        server.release()


@pytest.fixture
def holder(server_folder: Path) -> Iterator[Holder]:
    """Yield a function that starts another process on the same server, and waits until it has a lease."""
    with ExitStack() as leaving:

        def begin(*, user: str = "", **environment: str) -> "subprocess.Popen[str]":
            process = subprocess.Popen(
                [sys.executable, str(Path(__file__).with_name("holder.py")), str(server_folder / "pg"), user],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, **environment},
            )
            leaving.enter_context(process)
            leaving.callback(process.kill)
            assert process.stdout
            assert process.stdout.readline() == "holding\n"
            return process

        yield begin
