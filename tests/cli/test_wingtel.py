"""The command `wingtel` as a user runs it: no DATABASE_URL, nothing started, a separate WINGTEL_HOME."""

import json
import signal
import socket
from pathlib import Path

import pytest

from wingtel.embedded import EmbeddedPostgres

from .running import DEADLINE_SECONDS, answer_of, free_port, output_of, server_runs, start


def test_from_nothing_to_both_answers(home: Path) -> None:
    feed = home / "usage.csv"
    output_of(start(home, f"generate --subscriptions 20 --days 3 --seed 1 --until 2026-03-02 --output {feed}"))
    summary = json.loads(output_of(start(home, f"import {feed} --feed wingtel --create-subscriptions --format json")))
    assert summary["accepted"] == summary["lines"] > 100
    # Two commands at once use the same server.
    answers = [
        start(home, "exceeding --price-limit 0.0001 --format json"),
        start(home, "metrics --from 2026-02-28 --to 2026-03-02 --format json"),
    ]
    exceeding, metrics = (json.loads(output_of(process)) for process in answers)
    assert len(exceeding["results"]) == 20
    assert sum(result["records"] for result in metrics["results"]) == summary["accepted"]
    assert not server_runs(home)


def test_serve_answers_until_it_is_told_to_stop_and_leaves_no_server_behind(home: Path) -> None:
    port = free_port()
    server = start(home, f"serve --port {port} --workers 1")
    try:
        health = {"status": "degraded", "redis": "ok", "background": "not running"}
        assert answer_of(f"http://127.0.0.1:{port}/api/v1/health/", server) == health
        assert server_runs(home)
    finally:
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=DEADLINE_SECONDS)
    assert not server_runs(home)


@pytest.mark.parametrize("command", ["serve", "up"])
def test_a_port_in_use_is_named_before_anything_is_served(home: Path, command: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = start(home, f"{command} --port {port}")
        _, err = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use; choose another --port" in err
    assert not server_runs(home)


def test_a_home_that_cannot_be_used_is_named_in_one_line(home: Path) -> None:
    (home / "file").write_text("in the way")
    process = start(home / "file", "exceeding --price-limit 1")
    _, err = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 1
    assert str(home / "file") in err
    assert "Traceback" not in err


def test_a_database_that_does_not_answer_is_named_in_one_line(home: Path) -> None:
    process = start(home, "exceeding --price-limit 1", DATABASE_URL=f"postgresql://nobody@/none?host={home}")
    _, err = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 1
    assert "wingtel: the database does not answer" in err
    assert "Traceback" not in err


def test_a_database_that_is_not_migrated_says_how_to_migrate_it(home: Path) -> None:
    with EmbeddedPostgres(home / "postgresql") as server:
        process = start(home, "exceeding --price-limit 1", DATABASE_URL=server.url())
        _, err = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 1
    assert "run `wingtel manage migrate`" in err
    assert "Traceback" not in err
