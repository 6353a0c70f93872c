"""`wingtel up` as a user runs it: nothing started, a separate WINGTEL_HOME."""

import signal
import subprocess
import time
import urllib.request
from pathlib import Path

from tests.embedded.observer import kill_valkey
from wingtel.embedded import EmbeddedValkey

from .running import DEADLINE_SECONDS, PAUSE_SECONDS, answer_of, free_port, server_runs, start


def wait_for_health(url: str, process: subprocess.Popen[str], expected: dict[str, str]) -> None:
    """Wait until health has this answer."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while (answer := answer_of(url, process)) != expected:
        assert time.monotonic() < deadline, answer
        time.sleep(PAUSE_SECONDS)


def test_up_serves_and_works_heals_and_leaves_nothing_behind(home: Path) -> None:
    port = free_port()
    healthy = {"status": "ok", "redis": "ok", "background": "ok"}
    valkey = EmbeddedValkey(home / "valkey")
    process = start(home, f"up --port {port} --workers 1", WINGTEL_MERGE_INTERVAL="0.5")
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for_health(f"{url}/api/v1/health/", process, healthy)
        with urllib.request.urlopen(f"{url}/metrics", timeout=5) as response:  # noqa: S310 - our own server
            assert b"wingtel_database_up 1.0" in response.read()
        kill_valkey(valkey)
        wait_for_health(f"{url}/api/v1/health/", process, healthy)
        assert valkey.answers()
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 128 + signal.SIGTERM
    assert not server_runs(home)
    assert not valkey.answers()
