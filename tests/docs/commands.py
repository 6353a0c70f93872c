"""Commands of the pages, run in this process.

`_run`, `_parse` and `names` are the only places that know how the command line is made.
"""

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from wingtel.cli.main import cli

ENDLESS = ("up", "serve", "worker", "demo", "strategy merge --every", "feeds watch")
"""Commands that do not end by themselves, or do what other tests do. Their arguments are parsed."""

_COMMENT = re.compile(r"\s+#\s.*$")
_ENVIRONMENT = re.compile(r"^(\w+=('[^']*'|\S*) )+")
_REST = re.compile(r"\s[|>]\s?.*$")  # what a shell does with the output of a command


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
    result = CliRunner().invoke(cli, words)
    if result.exit_code:
        pytest.fail(
            f"wingtel {shlex.join(words)}: exit code {result.exit_code}\n{result.output}{result.exception or ''}"
        )
    return str(result.stdout)


def _parse(words: list[str]) -> None:
    command: click.Command = cli
    arguments, context, name = list(words), None, ""
    while isinstance(command, click.Group):
        context = click.Context(command, parent=context)
        found, subcommand, arguments = command.resolve_command(context, arguments)
        assert subcommand is not None
        name, command = found or "", subcommand
    command.make_context(name, arguments, parent=context)


def names() -> set[str]:
    """Return the name of each command, as the pages have to name it."""
    return set(_names(cli, ""))


def _names(group: click.Group, prefix: str) -> Iterator[str]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from _names(command, f"{prefix}{name} ")
        else:
            yield prefix + name
