"""`wingtel days expire` shows what it will drop, and drops nothing without consent."""

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from tests.command import CommandFailed, run
from tests.sessions import database_url
from wingtel.ingest.inputs import UsageRecordInput
from wingtel.ingest.service import ingest_usage
from wingtel.lifecycle.seals import seal
from wingtel.subscriptions.models import Subscription
from wingtel.usage.models import UsageDay, UsageType

pytestmark = pytest.mark.django_db(transaction=True)

DATA, VOICE = UsageType.DATA, UsageType.VOICE


@pytest.fixture
def days() -> list[date]:
    """Return four days, with a retention of 45 days.

    Two are sealed and past it, one is open and past it, and one is sealed and within it.
    """
    days = [timezone.now().date() - timedelta(days=back) for back in (70, 60, 50, 40)]
    use(days[0], DATA, 1200)
    use(days[1], DATA, 2)
    use(days[1], VOICE, 3)
    use(days[2], DATA, 1)
    use(days[3], DATA, 1)
    for day in (days[0], days[1], days[3]):
        seal(day)
    return days


def use(day: date, usage_type: UsageType, number: int) -> None:
    subscription = Subscription.objects.create(carrier="att").pk
    timestamp = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    result = ingest_usage(UsageRecordInput(usage_type, timestamp, subscription, 1, Decimal(1)) for _ in range(number))
    assert result.accepted == number


def shown(days: list[date]) -> str:
    return f"""\
2 days past retention
{days[0]}: 1200 data records, 0 sms records, 0 voice records
{days[1]}: 2 data records, 0 sms records, 3 voice records
"""


def expired(days: list[date]) -> str:
    return f"2 days expired\n{days[0]}\n{days[1]}\n"


def states(days: list[date]) -> list[str]:
    return list(UsageDay.objects.filter(day__in=days).order_by("day").values_list("state", flat=True))


KEPT, DROPPED = ["sealed", "sealed", "open", "sealed"], ["expired", "expired", "open", "sealed"]


def test_yes_shows_the_days_and_drops_them(days: list[date]) -> None:
    assert run("days", "expire", "--yes") == shown(days) + expired(days)
    assert states(days) == DROPPED


def test_a_dry_run_shows_the_days_alone(days: list[date]) -> None:
    assert run("days", "expire", "--dry-run") == shown(days)
    assert states(days) == KEPT


def test_it_does_not_ask_if_no_day_is_due() -> None:
    assert run("days", "expire", "--yes") == "0 days past retention\n"
    with terminal() as (_, command):
        assert command.communicate(timeout=60) == ("0 days past retention\n", "")


def test_yes_and_dry_run_exclude_each_other() -> None:
    with pytest.raises(CommandFailed, match="--dry-run does not go with --yes"):
        run("days", "expire", "--yes", "--dry-run")


@pytest.mark.parametrize("answer", ["y", "YES"])
def test_at_a_terminal_it_asks_and_drops_when_told_to(days: list[date], answer: str) -> None:
    with terminal() as (keys, command):
        os.write(keys, f"{answer}\n".encode())
        out, err = command.communicate(timeout=60)
    assert (command.returncode, out, err) == (
        *(0, shown(days) + expired(days)),
        "Drop the raw records of 2 days? [y/N] ",
    )
    assert states(days) == DROPPED


@pytest.mark.parametrize("answer", [b"\n", b"n\n", b"yess\n", b"\x04"], ids=["nothing", "n", "other", "Ctrl-D"])
def test_any_other_answer_drops_nothing(days: list[date], answer: bytes) -> None:
    with terminal() as (keys, command):
        os.write(keys, answer)
        out, err = command.communicate(timeout=60)
    assert (command.returncode, out) == (1, shown(days))
    assert err.endswith("wingtel: Nothing was dropped.\n")
    assert states(days) == KEPT


def test_an_interrupt_at_the_question_drops_nothing(days: list[date]) -> None:
    with terminal() as (_, command):
        read_question(command)
        err = interrupt(command)
    assert (command.returncode, err.strip()) == (1, "wingtel: Nothing was dropped.")
    assert states(days) == KEPT


def test_a_day_that_becomes_due_after_the_question_is_kept(days: list[date]) -> None:
    with terminal() as (keys, command):
        read_question(command)
        seal(days[2])
        os.write(keys, b"y\n")
        out, _ = command.communicate(timeout=60)
    assert out == shown(days) + expired(days)
    assert states(days) == ["expired", "expired", "sealed", "sealed"]


@pytest.mark.parametrize("given", [subprocess.PIPE, subprocess.DEVNULL], ids=["a pipe", "nothing"])
def test_without_a_terminal_it_says_how_and_drops_nothing(days: list[date], given: int) -> None:
    with start(given) as command:
        out, err = command.communicate("y\n" if given == subprocess.PIPE else None, timeout=60)
    assert (command.returncode, out) == (1, "")
    assert err == (
        "wingtel: Nothing was dropped: there is no terminal to ask at. `wingtel days expire --yes` does not ask,"
        " `wingtel days expire --dry-run` only shows the days.\n"
    )
    assert states(days) == KEPT


def test_with_standard_input_closed_it_drops_nothing(days: list[date]) -> None:
    command = f"exec {sys.executable} -m wingtel days expire <&-"
    closed = subprocess.run(["/bin/sh", "-c", command], env=environment(), capture_output=True, text=True, check=False)
    assert (closed.returncode, closed.stdout) == (1, "")
    assert "there is no terminal to ask at" in closed.stderr
    assert states(days) == KEPT


def environment() -> dict[str, str]:
    return os.environ | {"DATABASE_URL": database_url()}


def start(given: int) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "wingtel", "days", "expire"],
        env=environment(),
        stdin=given,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def terminal() -> Iterator[tuple[int, "subprocess.Popen[str]"]]:
    """Yield the command with a terminal as its standard input, and the end where keys are pressed."""
    keys, line = pty.openpty()
    try:
        with start(line) as command:
            os.close(line)
            try:
                yield keys, command
            finally:
                command.kill()  # one that goes on asking must fail, not block all tests
    finally:
        os.close(keys)


def interrupt(command: "subprocess.Popen[str]") -> str:
    """Press Ctrl-C until the command ends.

    One that comes just before it reads takes effect at the next.
    """
    for _ in range(3):
        command.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            return command.communicate(timeout=20)[1]
    pytest.fail("the command goes on after three interrupts")


def read_question(command: "subprocess.Popen[str]") -> None:
    assert command.stderr
    question = "Drop the raw records of 2 days? [y/N] "
    assert command.stderr.read(len(question)) == question
