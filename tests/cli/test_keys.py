"""`wingtel keys` and the key that `wingtel demo` creates."""

import csv
import json
import re
from io import StringIO
from typing import Any

import pytest
from django.test import Client

from tests.callers import with_key
from tests.command import CommandFailed
from tests.command import run as run_command
from wingtel.access.models import ApiKey
from wingtel.access.verification import KeyRejectedError, check
from wingtel.cli.commands import demo

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    return run_command("keys", *arguments)


def listed(*arguments: str) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = json.loads(run("list", "--format", "json", *arguments))["results"]
    return results


def test_create_prints_the_key_alone() -> None:
    token = run("create", "billing", "--scope", "read").strip()

    assert re.fullmatch(r"wt_[a-z0-9]{8}_[A-Za-z0-9]{43}", token)
    assert check(token).name == "billing"


def test_list_shows_everything_but_the_secret() -> None:
    options = ("--scope", "read", "--scope", "ingest", "--carrier", "sprint", "--requests-per-minute", "90")
    token = run("create", "loader", *options, "--expires", "2100-01-01").strip()
    check(token)

    (key,) = listed()
    used = ApiKey.objects.get().last_used_at
    assert used is not None
    assert key == {
        "name": "loader",
        "prefix": token[:11],
        "scopes": ["ingest", "read"],
        "carrier": "sprint",
        "requests_per_minute": 90,
        "state": "in force",
        "expires_at": "2100-01-01T00:00:00Z",
        "last_used_at": f"{used:%Y-%m-%dT%H:%M:%S.%fZ}",
    }
    (row,) = csv.DictReader(StringIO(run("list", "--format", "csv")))
    assert (row["name"], row["scopes"], row["state"]) == ("loader", "ingest read", "in force")
    assert "loader" in run("list")


def test_revoke_ends_a_key_and_list_all_shows_it() -> None:
    token = run("create", "billing", "--scope", "read").strip()

    assert run("revoke", "billing").startswith(f"billing (wt_{token[3:11]}_…) opens nothing any more")
    with pytest.raises(KeyRejectedError):
        check(token)
    assert listed() == []
    assert [key["state"] for key in listed("--all")] == ["revoked"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("create", "billing"), "Missing option '--scope'"),
        (("create", "billing", "--scope", "write"), "'write' is not one of"),
        (
            ("create", "billing", "--scope", "read", "--expires", "soon"),
            "'soon' is not a date or timestamp",
        ),
        (("create", "billing", "--scope", "read", "--expires", "2020-01-01"), "is past: choose a later expiry"),
        (("create", "billing", "--scope", "read", "--requests-per-minute", "0"), "is not a whole number from 1"),
        (("create", " ", "--scope", "read"), "is no name"),
        (("revoke", "nobody"), "no key in force has the name or prefix 'nobody': see `wingtel keys list`"),
    ],
)
def test_what_cannot_be_done_is_an_error(arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(CommandFailed, match=message):
        run(*arguments)


def test_each_demo_prints_a_line_with_a_key_that_works(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    lines = []
    for _ in range(2):
        demo._print_key(8001)
        lines.append(capsys.readouterr().out)
    addresses = [
        re.search(r"curl -H 'Authorization: Bearer (\S+)' 'http://127.0.0.1:8001(\S+)'", line) for line in lines
    ]

    statuses = [with_key(match[1]).get(match[2]).status_code for match in addresses if match]

    assert statuses == [401, 200]
