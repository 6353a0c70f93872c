"""The embedded Valkey: shared, stopped by the last process, and started again when it was killed."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from wingtel.embedded import EmbeddedServerError, EmbeddedValkey

from .observer import kill_valkey, until


@pytest.fixture
def valkey(server_folder: Path) -> Iterator[EmbeddedValkey]:
    """Yield a server that has not been started."""
    valkey = EmbeddedValkey(server_folder / "valkey")
    try:
        yield valkey
    finally:
        valkey.release()


def client(valkey: EmbeddedValkey) -> redis.Redis:
    return redis.Redis.from_url(valkey.url())


def hold(valkey: EmbeddedValkey) -> "subprocess.Popen[str]":
    """Start another process that uses the server until its input ends."""
    program = (
        "import sys, pathlib, wingtel.embedded as e\n"
        "with e.EmbeddedValkey(pathlib.Path(sys.argv[1])):\n"
        "    print('holding', flush=True)\n"
        "    sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(valkey.folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline() == "holding\n"
    return process


def test_it_takes_what_redis_takes_and_is_reached_by_its_url(valkey: EmbeddedValkey) -> None:
    valkey.start()
    with client(valkey) as session:
        session.set("name", "value")
        assert session.get("name") == b"value"


def test_the_last_of_two_processes_stops_it(valkey: EmbeddedValkey) -> None:
    with hold(valkey) as other:
        valkey.start()
        valkey.release()
        assert valkey.answers()
        other.communicate(timeout=30)
    assert not valkey.answers()


def test_a_killed_process_leaves_it_to_the_next(valkey: EmbeddedValkey) -> None:
    with hold(valkey) as other:
        other.kill()
    assert valkey.answers()
    valkey.start()
    valkey.release()
    assert not valkey.answers()


def test_a_server_that_was_killed_is_started_again(valkey: EmbeddedValkey) -> None:
    valkey.start()
    kill_valkey(valkey)
    valkey.start()
    assert valkey.answers()


def test_a_server_that_is_kept_running_comes_back_by_itself(valkey: EmbeddedValkey) -> None:
    valkey.start()
    with valkey.kept_running():
        kill_valkey(valkey)
        until(valkey.answers)


def test_a_folder_with_a_long_name_and_spaces_is_no_hindrance(server_folder: Path) -> None:
    with EmbeddedValkey(server_folder / "a long name, with spaces" / ("x" * 100)) as valkey:
        assert valkey.answers()


def test_what_it_says_when_it_does_not_start_is_told(valkey: EmbeddedValkey) -> None:
    (valkey.folder / "server.log").mkdir(parents=True)
    with pytest.raises(EmbeddedServerError, match=r"Can't open the log file(.|\n)*Set REDIS_URL to a Redis or Valkey"):
        valkey.start()
