"""Servers with Wingtel's database, one for each test, which the test may kill."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.embedded.conftest import server_folder
from tests.leftovers import FOLDER, new_folder
from tests.server import FAST
from wingtel.embedded import EmbeddedPostgres
from wingtel.embedded.shared_server import exclusive

__all__ = ["server_folder"]


@pytest.fixture(scope="session")
def migrated() -> Path:
    """Return the folder of a server that was migrated and stopped, to be copied.

    It is created once for all processes of the run.
    """
    run_folder = Path(os.environ[FOLDER])
    with exclusive(run_folder / "migrated.lock"):
        if not (run_folder / "migrated").exists():
            folder = new_folder("migrating-")
            with EmbeddedPostgres(folder / "pg", settings=FAST) as server:
                migrate(server)
            folder.rename(run_folder / "migrated")
    return run_folder / "migrated" / "pg"


def migrate(server: EmbeddedPostgres) -> None:
    environment = os.environ | {"DATABASE_URL": server.url()}
    subprocess.run([sys.executable, "-m", "wingtel", "manage", "migrate", "--verbosity=0"], check=True, env=environment)


@pytest.fixture
def server_settings() -> dict[str, str]:
    """Return the settings of the test's server."""
    return FAST


@pytest.fixture
def server(migrated: Path, server_folder: Path, server_settings: dict[str, str]) -> Iterator[EmbeddedPostgres]:
    """Yield a server of this test's own."""
    subprocess.run(["cp", "-a", migrated, server_folder / "pg"], check=True)  # with the owners of its files
    server = EmbeddedPostgres(server_folder / "pg", settings=server_settings)
    try:
        server.start()
        yield server
    finally:
        server.release()
