"""Observing a server from outside, by its socket and its pid file."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

import psycopg
import redis

from wingtel.embedded import EmbeddedPostgres, EmbeddedValkey

Holder = Callable[..., "subprocess.Popen[str]"]


def answer(server: EmbeddedPostgres, query: str) -> object:
    """Return the only value of the only row."""
    with psycopg.connect(server.url(), autocommit=True) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row
    return row[0]


def run(server: EmbeddedPostgres, statement: str) -> None:
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute(statement.encode())


def answers(server: EmbeddedPostgres) -> bool:
    try:
        return answer(server, "SELECT 1") == 1
    except psycopg.OperationalError:
        return False


def postmaster(server: EmbeddedPostgres) -> int:
    """Return the pid in the server's pid file."""
    return int((server.folder / "data" / "postmaster.pid").read_text().splitlines()[0])


def kill_postmaster(server: EmbeddedPostgres) -> None:
    """Kill the server without time to tidy up, and return when its socket is dead."""
    os.kill(postmaster(server), signal.SIGKILL)
    until(lambda: not answers(server))


def until(condition: Callable[[], object], *, seconds: float = 30) -> None:
    """Wait until a condition is true, and fail if it is not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not so after {seconds} seconds"
        time.sleep(0.02)


def is_stopped(folder: Path) -> bool:
    """Return True if PostgreSQL has removed its pid file, which it does last."""
    return not (folder / "data" / "postmaster.pid").exists()


def valkey_process(valkey: EmbeddedValkey) -> int:
    """Return the pid that a Valkey reports."""
    with redis.Redis.from_url(valkey.url()) as session:
        return cast("dict[str, int]", session.info())["process_id"]


def kill_valkey(valkey: EmbeddedValkey) -> None:
    """Kill the server, and return when it is gone."""
    os.kill(valkey_process(valkey), signal.SIGKILL)
    until(lambda: not valkey.answers())
