"""A wrong argument is refused with a one-line rule before anything is done."""

import pytest
from django.core.management import CommandError, call_command

A_WAIT = "a number of seconds above 0, up to 86400"


@pytest.mark.parametrize(
    ("command", "rule"),
    [
        ("serve --port 99999", "--port: '99999' is not a whole number from 1 to 65535"),
        ("up --port 0", "--port: '0' is not a whole number from 1 to 65535"),
        ("serve --workers 0", "--workers: '0' is not a whole number from 1 up"),
        ("demo --subscriptions 0", "--subscriptions: '0' is not a whole number from 1 up"),
        ("demo --days -3", "--days: '-3' is not a whole number from 1 up"),
        ("merge --every 0", f"--every: '0' is not {A_WAIT}"),
        ("merge --every nan", f"--every: 'nan' is not {A_WAIT}"),
        ("strategy use view --patience inf", f"--patience: 'inf' is not {A_WAIT}"),
        ("worker --grace -1", f"--grace: '-1' is not {A_WAIT}"),
        ("explain 0 2026-03-01", "SUBSCRIPTION: '0' is not an id between 1 and"),
        ("explain 1 2026-02-30", "DAY: '2026-02-30' is not"),
        ("generate --output x.csv --until 31.3.2026", "--until: '31.3.2026' is not"),
    ],
)
def test_a_wrong_argument_is_named_with_its_rule(command: str, rule: str) -> None:
    with pytest.raises(CommandError) as rejected:
        call_command(*command.split())
    assert rule in str(rejected.value)


def test_an_address_that_is_not_of_this_machine_is_named() -> None:
    with pytest.raises(CommandError, match=r"no\.such\.host\.invalid is no address of this machine: .*--host"):
        call_command("serve", "--host", "no.such.host.invalid")


def test_an_address_of_another_machine_is_named() -> None:
    with pytest.raises(CommandError, match=r"cannot listen on 192\.0\.2\.1:8000: .*choose another"):
        call_command("serve", "--host", "192.0.2.1")
