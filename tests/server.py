"""A pytest plugin that starts the PostgreSQL the tests run on, before Django reads its settings.

One embedded server for the whole run, in a folder of its own, with one migrated template that every worker's database
is cloned from. Durability is switched off: nobody needs the data after a power cut. WINGTEL_TEST_SERVER_PROGRAMS names
the programs of another PostgreSQL (such as /usr/lib/postgresql/15/bin); DATABASE_URL a server that runs already.
"""

import atexit
import os
import subprocess
import sys
from pathlib import Path

from tests.leftovers import FOLDER, clean_up_after_this_process, new_folder
from wingtel.embedded import EmbeddedPostgres

# Tests name days of their own, whatever the clock says.
os.environ |= {"WINGTEL_RETENTION_DAYS": "36500", "WINGTEL_LATE_DAYS": "36500", "WINGTEL_AHEAD_DAYS": "366"}

FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "128MB",  # dropping or emptying a table searches all of them
    "checkpoint_timeout": "1h",
}


def prepare() -> Path:
    """Return the folder of the run, which is emptied with all its processes when the run has ended."""
    folder = new_folder("wingtel-tests-")
    beside = clean_up_after_this_process(folder)
    atexit.register(_end, beside, os.getpid())
    return folder


def start(folder: Path) -> None:
    """Start the server and migrate the template. Workers of pytest-xdist inherit the addresses instead."""
    programs = os.environ.get("WINGTEL_TEST_SERVER_PROGRAMS")
    server = EmbeddedPostgres(folder / "postgresql", settings=FAST, bin_dir=Path(programs) if programs else None)
    server.start()
    os.environ["DATABASE_URL"] = server.url()
    # The template is migrated by a process of its own, which leaves no connection open that would forbid cloning it.
    subprocess.run([sys.executable, "-m", "wingtel", "migrate", "--verbosity=0"], check=True)
    os.environ["WINGTEL_TEST_TEMPLATE"] = server.url().rpartition("/")[2].partition("?")[0]
    os.environ["DATABASE_URL"] = server.url("postgres")


def _end(beside: "subprocess.Popen[bytes]", starter: int) -> None:
    if os.getpid() == starter:
        beside.communicate()


if FOLDER not in os.environ:
    folder = prepare()
    if "DATABASE_URL" not in os.environ:
        start(folder)
