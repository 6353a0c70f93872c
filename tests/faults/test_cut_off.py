"""The database goes away during an import, or takes no more: the same command goes on where it stood."""

import os
import random
import resource
import subprocess
import sys
from datetime import date
from pathlib import Path

import psycopg

from tests.embedded.observer import until
from tests.rounds import rounds
from wingtel.embedded import EmbeddedPostgres
from wingtel.imports.generator import HEADER, write_feed

from .test_killed_imports import RAW, SUMS, query, read_lines, start_import

CUTS = rounds(3, thorough=20)
MAX_FILE_BYTES = 20 << 20
"""The largest file that the server may write, in bytes.

It is more than a segment of the write-ahead log, so only tables and indexes reach it.
"""


def run_import(server: EmbeddedPostgres, feed: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "wingtel", "import", str(feed), "--feed", "wingtel", "--create-subscriptions"]
    return subprocess.run(
        [*command, "--no-progress", "--format", "table"],
        env=os.environ | {"DATABASE_URL": server.url()},
        capture_output=True,
        text=True,
        check=False,
    )


def assert_all_is_ingested(server: EmbeddedPostgres, written: int) -> None:
    assert query(server, SUMS) == query(server, RAW)
    assert query(server, "SELECT count(*) FROM usage_source") == [(written,)]
    imports = query(server, "SELECT count(*), min(status), min(lines), min(accepted) FROM wingtel_import")
    assert imports == [(1, "completed", written, written)]


def test_an_import_whose_connection_is_cut_at_random_times_ends_with_all_lines_recorded_once(
    server: EmbeddedPostgres, tmp_path: Path
) -> None:
    rng = random.Random(11)
    feed = tmp_path / "feed.csv"
    written = write_feed(feed, subscriptions=700, days=3, seed=9, last_day=date(2026, 3, 2))
    for _ in range(CUTS):
        process = start_import(server, feed)
        read_lines(process, rng.randrange(1, 5))
        cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE backend_type = 'client backend'"
        query(server, f"{cut} AND pid <> pg_backend_pid()")
        process.communicate()
        assert process.returncode != 0
        assert query(server, SUMS) == query(server, RAW)
    ended = run_import(server, feed)
    assert ended.returncode == 0, ended.stderr
    assert_all_is_ingested(server, written)


def restart(server: EmbeddedPostgres, *, largest_file: int) -> None:
    """Restart the server with a limit to the size of its files: writing fails as on a full disk."""
    server.release()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, limits[1]))
    try:
        server.start()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def write_one_day(feed: Path, lines: int) -> None:
    with feed.open("w") as file:
        file.write(HEADER)
        for number in range(lines):
            second = number % 86_400
            timestamp = f"2026-03-01T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z"
            file.write(f"reference-{number:012},att,+1202555{number % 1000:04},data,{timestamp},1,0.0001\n")


def test_when_the_disk_takes_no_more_the_import_says_so_and_goes_on_once_it_does(
    server: EmbeddedPostgres, tmp_path: Path
) -> None:
    feed = tmp_path / "feed.csv"
    write_one_day(feed, 300_000)
    restart(server, largest_file=MAX_FILE_BYTES)
    full = run_import(server, feed)
    assert full.returncode == 1
    assert "could not extend file" in full.stderr
    assert "import it again to go on" in full.stderr
    assert "Traceback" not in full.stderr
    ((status, lines, problem),) = query(server, "SELECT status, lines, problem FROM wingtel_import")
    assert (status, "could not extend file" in str(problem)) == ("failed", True)
    assert 0 < int(str(lines)) < 300_000
    assert query(server, SUMS) == query(server, RAW)
    restart(server, largest_file=resource.RLIM_INFINITY)
    resumed = run_import(server, feed)
    assert resumed.returncode == 0, resumed.stderr
    assert f"resumed after {lines} lines" in resumed.stdout
    assert_all_is_ingested(server, 300_000)


def test_an_import_whose_server_goes_away_names_the_file_and_those_that_failed_before_and_how_to_go_on(
    server: EmbeddedPostgres, tmp_path: Path
) -> None:
    feed, wrong = tmp_path / "feed.csv", tmp_path / "another.csv"
    wrong.write_text("nonsense\n")
    write_one_day(feed, 20_000)
    with psycopg.connect(server.url()) as session:
        session.execute("LOCK TABLE wingtel_imported_range IN SHARE MODE")
        command = [sys.executable, "-m", "wingtel", "import", str(wrong), str(feed), "--feed", "wingtel"]
        process = subprocess.Popen(
            [*command, "--create-subscriptions"],
            env=os.environ | {"DATABASE_URL": server.url()},
            stderr=subprocess.PIPE,
            text=True,
        )
        cut = (
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE relation = "
            "'wingtel_imported_range'::regclass AND NOT granted"
        )
        until(lambda: query(server, cut))
        _, complaint = process.communicate()
    assert process.returncode == 1
    assert f"{wrong}: the column 'record_id' is missing" in complaint
    assert f"{feed}: the database failed: terminating connection due to administrator command" in complaint
    assert "import it again to go on" in complaint
    ended = run_import(server, feed)
    assert ended.returncode == 0, ended.stderr
    query(server, f"DELETE FROM wingtel_import WHERE file = '{wrong}' RETURNING id")
    assert_all_is_ingested(server, 20_000)
