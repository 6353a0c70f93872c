"""Servers of a test's own, with Wingtel's database, which may be killed."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.embedded.conftest import server_folder
from tests.leftovers import new_folder
from tests.server import FAST
from wingtel.embedded import EmbeddedPostgres

__all__ = ["server_folder"]


@pytest.fixture(scope="session")
def migrated() -> Iterator[Path]:
    """The folder of a server that was migrated and stopped, to be copied."""
    folder = new_folder("migrated-")
    with EmbeddedPostgres(folder / "pg", settings=FAST) as server:
        environment = os.environ | {"DATABASE_URL": server.url()}
        subprocess.run([sys.executable, "-m", "wingtel", "migrate", "--verbosity=0"], check=True, env=environment)
    yield folder / "pg"
    shutil.rmtree(folder)


@pytest.fixture
def server_settings() -> dict[str, str]:
    """The settings of the test's server."""
    return FAST


@pytest.fixture
def server(migrated: Path, server_folder: Path, server_settings: dict[str, str]) -> Iterator[EmbeddedPostgres]:
    """A server of this test's own."""
    subprocess.run(["cp", "-a", migrated, server_folder / "pg"], check=True)  # with the owners of its files
    server = EmbeddedPostgres(server_folder / "pg", settings=server_settings)
    try:
        server.start()
        yield server
    finally:
        server.release()
