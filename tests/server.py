"""A pytest plugin that starts the PostgreSQL the tests run on, before Django reads its settings.

The whole run uses one embedded server in its own folder. The database of each worker is cloned from a migrated
template. Durability is off, since the data is not needed after a power cut. WINGTEL_TEST_SERVER_PROGRAMS is the folder
with the programs of another PostgreSQL (such as /usr/lib/postgresql/15/bin), DATABASE_URL a server that runs already.
"""

import atexit
import os
import subprocess
import sys
from pathlib import Path

from tests.leftovers import FOLDER, clean_up_after_this_process, new_folder
from wingtel.embedded import EmbeddedPostgres

# Tests use fixed days, independent of the clock.
os.environ |= {
    "WINGTEL_RETENTION_DAYS": "36500",
    "WINGTEL_MAX_LATENESS_DAYS": "36500",
    "WINGTEL_MAX_FUTURE_DAYS": "366",
}

FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "128MB",  # dropping or truncating a table scans all of them
    "checkpoint_timeout": "1h",
}


def prepare() -> Path:
    """Return the folder of the run. It is removed, and its processes ended, when the run has ended."""
    folder = new_folder("wingtel-tests-")
    cleaner = clean_up_after_this_process(folder)
    atexit.register(_end, cleaner, os.getpid())
    return folder


def start(folder: Path) -> None:
    """Start the server and migrate the template. Workers of pytest-xdist inherit the URLs instead."""
    programs = os.environ.get("WINGTEL_TEST_SERVER_PROGRAMS")
    server = EmbeddedPostgres(folder / "postgresql", settings=FAST, bin_dir=Path(programs) if programs else None)
    server.start()
    os.environ["DATABASE_URL"] = server.url()
    # Another process migrates the template, so no open connection prevents cloning it.
    subprocess.run([sys.executable, "-m", "wingtel", "manage", "migrate", "--verbosity=0"], check=True)
    os.environ["WINGTEL_TEST_TEMPLATE"] = server.url().rpartition("/")[2].partition("?")[0]
    os.environ["DATABASE_URL"] = server.url("postgres")


def _end(cleaner: "subprocess.Popen[bytes]", starter: int) -> None:
    if os.getpid() == starter:
        cleaner.communicate()


if FOLDER not in os.environ:
    folder = prepare()
    if "DATABASE_URL" not in os.environ:
        start(folder)
