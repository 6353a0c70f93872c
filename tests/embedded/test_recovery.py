"""A crash does not block the next start."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from wingtel.embedded import EmbeddedPostgres
from wingtel.embedded.account import server_account

from .observer import answer, answers, is_stopped, kill_postmaster, postmaster, run


@pytest.fixture
def server(server_folder: Path) -> Iterator[EmbeddedPostgres]:
    """Yield a server whose commits reach the write-ahead log.

    The crash of a process leaves the log whole; that of the machine need not.
    """
    server = EmbeddedPostgres(server_folder / "pg", settings={"fsync": "off"})
    try:
        yield server
    finally:
        server.release()


@pytest.fixture
def bystander() -> Iterator[int]:
    """Yield the pid of a live process of the server's account that is no server."""
    account = server_account()
    command = ["/bin/sleep", "600"]
    with subprocess.Popen(command, user=account.uid if account.differs_from_ours else None, cwd="/") as process:
        yield process.pid
        assert process.poll() is None, "somebody signalled the bystander"
        process.kill()


def write_pid_files(server: EmbeddedPostgres, pid: int) -> None:
    for pid_file in (
        server.folder / "data" / "postmaster.pid",
        server.folder / "socket" / ".s.PGSQL.5432.lock",
    ):
        rest = pid_file.read_text().split("\n", 1)[1]
        pid_file.write_text(f"{pid}\n{rest}")


def test_data_survive_a_killed_server(server: EmbeddedPostgres) -> None:
    server.start()
    run(server, "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS value")
    kill_postmaster(server)
    server.release()
    server.start()
    assert answer(server, "SELECT sum(value) FROM kept") == 500500


def test_a_server_killed_under_its_sessions_starts_again(server: EmbeddedPostgres) -> None:
    server.start()
    with psycopg.connect(server.url(), autocommit=True) as session:
        session.execute("SELECT 1")
        kill_postmaster(server)
        with EmbeddedPostgres(server.folder, settings={"fsync": "off"}) as next_holder:
            assert answers(next_holder)


def test_an_immediate_shutdown_is_recovered_from(server: EmbeddedPostgres) -> None:
    server.start()
    run(server, "CREATE TABLE kept AS SELECT 7 AS value")
    os.kill(postmaster(server), 3)  # SIGQUIT
    with EmbeddedPostgres(server.folder, settings={"fsync": "off"}) as next_holder:
        assert answer(next_holder, "SELECT value FROM kept") == 7


def test_a_pid_file_with_the_pid_of_a_bystander_does_not_block(server: EmbeddedPostgres, bystander: int) -> None:
    server.start()
    kill_postmaster(server)
    write_pid_files(server, bystander)
    server.release()
    server.start()
    assert answers(server)
    assert postmaster(server) != bystander


def test_a_killed_server_that_nobody_has_reaped_does_not_block(server: EmbeddedPostgres) -> None:
    server.start()
    kill_postmaster(server)
    with subprocess.Popen(["/bin/sleep", "600"]) as unreaped:
        unreaped.kill()
        os.waitid(os.P_PID, unreaped.pid, os.WEXITED | os.WNOWAIT)
        write_pid_files(server, unreaped.pid)
        with EmbeddedPostgres(server.folder, settings={"fsync": "off"}) as next_holder:
            assert answers(next_holder)


def test_leaving_a_killed_server_signals_no_bystander(server: EmbeddedPostgres, bystander: int) -> None:
    server.start()
    kill_postmaster(server)
    write_pid_files(server, bystander)
    server.release()
    assert postmaster(server) == bystander


def test_a_half_made_data_folder_is_made_anew(server: EmbeddedPostgres) -> None:
    half = server.folder / "data.new"
    (half / "base").mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    server.start()
    assert answers(server)
    assert list(server.folder.glob("data.new*")) == []


def test_a_start_killed_during_initdb_is_made_good(server: EmbeddedPostgres) -> None:
    program = "import sys, pathlib, wingtel.embedded as e\ne.EmbeddedPostgres(pathlib.Path(sys.argv[1])).start()"
    with subprocess.Popen([sys.executable, "-c", program, str(server.folder)]) as starting:
        while starting.poll() is None and not list(server.folder.glob("data.new*/PG_VERSION")):
            pass
        starting.kill()
    server.start()
    assert answers(server)


def test_a_missing_database_is_created_again(server: EmbeddedPostgres) -> None:
    server.start()
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute("DROP DATABASE wingtel")
    server.release()
    assert is_stopped(server.folder)
    server.start()
    assert answer(server, "SELECT current_database()") == "wingtel"


def test_a_log_that_has_grown_long_is_put_aside(server: EmbeddedPostgres) -> None:
    server.folder.mkdir()
    (server.folder / "server.log").write_bytes(b"x" * 10_000_001)
    server.start()
    assert (server.folder / "server.log.1").stat().st_size == 10_000_001
    assert Path(server.folder / "server.log").stat().st_size < 100_000
