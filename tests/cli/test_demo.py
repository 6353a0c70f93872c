"""`wingtel demo` gives the same answers whenever it is run, on the same home or a new one."""

from pathlib import Path

import pytest

from tests.command import run


@pytest.mark.django_db
def test_a_second_demo_gives_the_same_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wingtel.cli.commands.demo.wingtel_home", lambda: tmp_path)
    first, second = (answers(run("demo", "--subscriptions", 20, "--days", 3, "--no-serve")) for _ in range(2))
    assert "wingtel metrics --from" in first
    assert first == second


def answers(printed: str) -> str:
    return printed[printed.index("wingtel exceeding") :]
