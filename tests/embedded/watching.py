"""Looking at a server from outside, by its socket and its pid file."""

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
    """The only value of the only row."""
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
    """The pid in the server's pid file."""
    return int((server.folder / "data" / "postmaster.pid").read_text().splitlines()[0])


def kill_postmaster(server: EmbeddedPostgres) -> None:
    """Kill it in a way that leaves it no time to tidy up; returns when its socket is dead."""
    os.kill(postmaster(server), signal.SIGKILL)
    until(lambda: not answers(server))


def until(true: Callable[[], object], *, seconds: float = 30) -> None:
    """Wait until it is true, and fail if it has not become so in time."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not so after {seconds} seconds"
        time.sleep(0.02)


def is_stopped(folder: Path) -> bool:
    """PostgreSQL removes its pid file as the last thing."""
    return not (folder / "data" / "postmaster.pid").exists()


def valkey_process(valkey: EmbeddedValkey) -> int:
    """The pid that a Valkey says it has."""
    with redis.Redis.from_url(valkey.url()) as session:
        return cast("dict[str, int]", session.info())["process_id"]


def kill_valkey(valkey: EmbeddedValkey) -> None:
    """Kill it, and return when it is gone."""
    os.kill(valkey_process(valkey), signal.SIGKILL)
    until(lambda: not valkey.answers())
