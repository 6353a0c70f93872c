"""A wrong argument is refused with a one-line rule before anything is done."""

import pytest

from tests.command import CommandFailed, run

A_WAIT = "a number of seconds above 0, up to 86400"


@pytest.mark.parametrize(
    ("command", "rule"),
    [
        ("serve --port 99999", "'99999' is not a whole number from 1 to 65535"),
        ("up --port 0", "'0' is not a whole number from 1 to 65535"),
        ("serve --workers 0", "'0' is not a whole number from 1 up"),
        ("demo --subscriptions 0", "'0' is not a whole number from 1 up"),
        ("demo --days -3", "'-3' is not a whole number from 1 up"),
        ("strategy merge --every 0", f"'0' is not {A_WAIT}"),
        ("strategy merge --every nan", f"'nan' is not {A_WAIT}"),
        ("strategy use view --patience inf", f"'inf' is not {A_WAIT}"),
        ("worker --grace -1", f"'-1' is not {A_WAIT}"),
        ("explain 0 2026-03-01", "'0' is not an id between 1 and"),
        ("days seal 2026-02-30", "'2026-02-30' is not"),
        ("generate --output x.csv --until 31.3.2026", "'31.3.2026' is not"),
    ],
)
def test_a_wrong_argument_is_named_with_its_rule(command: str, rule: str) -> None:
    with pytest.raises(CommandFailed) as refused:
        run(*command.split())
    assert rule in str(refused.value)


def test_an_address_that_is_not_of_this_machine_is_named() -> None:
    with pytest.raises(CommandFailed, match=r"no\.such\.host\.invalid is no address of this machine: .*--host"):
        run("serve", "--host", "no.such.host.invalid")


def test_an_address_of_another_machine_is_named() -> None:
    with pytest.raises(CommandFailed, match=r"cannot listen on 192\.0\.2\.1:8000: .*choose another"):
        run("serve", "--host", "192.0.2.1")
