"""Commands of the pages, run in this process.

`_run`, `_parse` and `names` are the only places that know how the command line is made.
"""

import io
import re
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from itertools import pairwise
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from django.core.management import CommandError, ManagementUtility, call_command, get_commands, load_command_class

try:
    from wingtel.cli.main import cli
except ModuleNotFoundError:  # until the command line with these names is merged; then NAMES and what reads it goes
    cli = None

ENDLESS = ("up", "serve", "worker", "demo", "strategy merge --every", "feeds watch")
"""Commands that do not end by themselves, or do what other tests do. Their arguments are parsed."""

_COMMENT = re.compile(r"\s+#\s.*$")
_ENVIRONMENT = re.compile(r"^(\w+=('[^']*'|\S*) )+")
_REST = re.compile(r"\s[|>]\s?.*$")  # what a shell does with the output of a command

NAMES = {
    "imports list": "imports",
    "imports rejects": "rejects",
    "conflicts list": "conflicts",
    "feeds list": "feeds",
    "adjustments list": "adjustments",
    "adjustments add": "adjust",
    "adjustments reverse": "adjust --reverse",
    "limits list": "limits",
    "alerts list": "alerts",
    "webhooks list": "webhooks",
    "days list": "days",
    "days seal": "seal",
    "days expire": "expire",
    "days reconcile": "reconcile",
    "days rebuild": "rebuild",
    "strategy show": "strategy",
    "strategy merge": "merge",
    "subscriptions identifiers": "identifiers list",
    "subscriptions assign": "identifiers assign",
    "subscriptions move": "identifiers move",
    "subscriptions end": "identifiers end",
    "subscriptions refresh": "identifiers refresh",
    "subscriptions plans": "plans list",
    "subscriptions change-plan": "plans change",
}
_OPTIONS = {("--subscription", "+"): "--phone-number", ("--subscription", "7"): "--subscription-id"}
_NEW = {
    "status",
    "completion",
    "subscriptions list",
    "subscriptions show",
    "subscriptions add",
    "plans list",
    "plans add",
    "feeds show",
}


def commands_in(text: str) -> list[str]:
    """Return the commands of a block, without comments; a line that ends with a backslash goes on in the next."""
    lines = text.replace("\\\n", " ").splitlines()
    return [command for line in lines if (command := _COMMENT.sub("", line).strip()) and not command.startswith("#")]


def run(command: str, folder: Path) -> str:
    """Run a command of `wingtel` in the current folder, and what a shell does with its output. Return the output."""
    command = _ENVIRONMENT.sub("", command)
    rest = _REST.search(command)
    words = shlex.split(command[: rest.start()] if rest else command)[1:]
    if " ".join(words).startswith(ENDLESS):
        _parse(words)
        return ""
    output = _run(words)
    if not rest:
        return output
    shell = ["bash", "-c", f"cat {rest[0]}"]
    return subprocess.run(shell, input=output, text=True, cwd=folder, check=True, capture_output=True).stdout


def _run(words: list[str]) -> str:
    if cli:
        result = CliRunner().invoke(cli, words)
        if result.exit_code:
            pytest.fail(
                f"wingtel {shlex.join(words)}: exit code {result.exit_code}\n{result.output}{result.exception or ''}"
            )
        return str(result.stdout)
    output, errors = io.StringIO(), io.StringIO()
    try:
        with redirect_stdout(output), redirect_stderr(errors):
            if words[0] == "manage":
                ManagementUtility(["wingtel", *words[1:]]).execute()
            elif today := _today(words):
                call_command(today[0], *today[1:])
    except (CommandError, SystemExit) as error:
        if isinstance(error, CommandError) or error.code not in {None, 0}:
            pytest.fail(f"wingtel {shlex.join(words)}: {error} {errors.getvalue()}")
    return output.getvalue()


def _parse(words: list[str]) -> None:
    if cli:
        command, arguments, context = cli, list(words), None
        while isinstance(command, click.Group):
            context = click.Context(command, parent=context)
            name, command, arguments = command.resolve_command(context, arguments)
        command.make_context(name, arguments, parent=context)
    elif today := _today(words):
        try:
            load_command_class("wingtel", today[0]).create_parser("wingtel", today[0]).parse_args(today[1:])
        except CommandError as error:
            pytest.fail(f"wingtel {shlex.join(words)}: {error}")


def names() -> set[str]:
    """Return the name of each command, as the pages have to name it."""
    if cli:
        return set(_names(cli, ""))
    today = {today.split()[0]: name for name, today in NAMES.items()}
    return {today.get(name, name) for name, app in get_commands().items() if app == "wingtel"}


def _names(group: click.Group, prefix: str) -> Iterator[str]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from _names(command, f"{prefix}{name} ")
        else:
            yield prefix + name


def _today(words: list[str]) -> list[str]:
    """Return the words of today's command, none for a command that there is not yet."""
    name = " ".join(words[:2])
    if name in _NEW or words[0] in _NEW or {"--version", "--help"} & set(words):
        return []
    if words[0] in {"exceeding", "metrics", "records"}:
        return [_OPTIONS.get((word, after[:1]), word) for word, after in pairwise([*words, ""])]
    return [*NAMES[name].split(), *words[2:]] if name in NAMES else words
