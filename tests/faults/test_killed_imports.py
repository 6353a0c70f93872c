"""Importer or server killed again and again: the same command ends with the sums of an undisturbed import."""

import os
import random
import subprocess
import sys
from datetime import date
from pathlib import Path

import psycopg
import pytest

from tests.embedded.observer import kill_postmaster
from tests.rounds import rounds
from tests.server import FAST
from wingtel.embedded import EmbeddedPostgres
from wingtel.imports.generator import write_feed

KILLS = rounds(4, thorough=20)
BATCH_LINES = 150
SUMS = "SELECT usage_type, day, sum(used), sum(price), sum(records) FROM usage_daily GROUP BY 1, 2 ORDER BY 1, 2"
RAW = """
SELECT usage_type, usage_business_day(usage_date), sum(used), sum(price), count(*) FROM usage_source GROUP BY 1, 2
ORDER BY 1, 2
"""


@pytest.fixture
def server_settings() -> dict[str, str]:
    """Return settings for durable commits, since the server is going to be killed."""
    return FAST | {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}


def start_import(server: EmbeddedPostgres, feed: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.faults.importer", str(feed), str(BATCH_LINES)],
        env=os.environ | {"DATABASE_URL": server.url()},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def read_lines(process: subprocess.Popen[str], count: int) -> str:
    """Wait until so many batches are committed, or the import has ended; return the last line it printed."""
    assert process.stdout is not None
    last = ""
    for _ in range(count):
        line = process.stdout.readline()
        if not line:
            break
        last = line
    return last


def query(server: EmbeddedPostgres, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(server.url()) as session:
        return session.execute(statement).fetchall()


@pytest.mark.parametrize("victim", ["importer", "server"])
def test_an_import_killed_at_random_times_ends_with_the_sums_of_an_undisturbed_one(
    victim: str, server: EmbeddedPostgres, tmp_path: Path
) -> None:
    rng = random.Random(victim)
    feed = tmp_path / "feed.csv"
    written = write_feed(feed, subscriptions=250 + 25 * KILLS, days=3, seed=9, last_day=date(2026, 3, 2))
    assert written > (KILLS + 10) * BATCH_LINES * 1.5
    for _ in range(KILLS):
        process = start_import(server, feed)
        read_lines(process, rng.randrange(1, 4))
        if victim == "importer":
            process.kill()
        else:
            kill_postmaster(server)
        process.communicate()
        if victim == "server":
            server.release()
            server.start()
        assert query(server, SUMS) == query(server, RAW)
    ending, _ = start_import(server, feed).communicate()
    assert ending.splitlines()[-1] == f"done {written} {written} 0"
    assert query(server, SUMS) == query(server, RAW)
    assert query(server, "SELECT count(*) FROM usage_source") == [(written,)]
    ((imports, status, lines),) = query(server, "SELECT count(*), min(status), min(lines) FROM wingtel_import")
    assert (imports, status, lines) == (1, "completed", written)
