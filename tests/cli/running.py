"""The command `wingtel` as a process: no DATABASE_URL, nothing started, a separate WINGTEL_HOME."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

DEADLINE_SECONDS = 120
PAUSE_SECONDS = 0.1  # between two requests, which slow down what starts


def start(home: Path, command: str, **variables: str) -> subprocess.Popen[str]:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_", "DJANGO_", "REDIS_"))
    }
    return subprocess.Popen(
        [sys.executable, "-m", "wingtel", *command.split()],
        env=environment | {"WINGTEL_HOME": str(home)} | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def output_of(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 0, err
    return out


def server_runs(home: Path) -> bool:
    return (home / "postgresql" / "data" / "postmaster.pid").exists()


def answer_of(url: str, server: subprocess.Popen[str]) -> object:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310 - our own server
                return json.load(response)
        except (urllib.error.URLError, ConnectionError):
            time.sleep(PAUSE_SECONDS)
    raise AssertionError("the server did not answer")


def free_port() -> int:
    """Return a port that no process listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
