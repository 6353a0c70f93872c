"""Help of the whole fits one screen, each command has an example, and completion scripts are valid."""

import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import click
import pytest
from click.testing import CliRunner

from tests.command import run
from wingtel.cli.main import COMMANDS, GROUPS, cli


def commands() -> Iterator[tuple[str, click.Command]]:
    """Yield each command and each verb of a noun, with its words."""
    context = click.Context(cli)
    for name in COMMANDS:
        command = cli.get_command(context, name)
        assert command
        if isinstance(command, click.Group):
            yield from ((f"{name} {verb}", sub) for verb, sub in command.commands.items())
        else:
            yield name, command


EACH = dict(commands())


def test_help_is_one_screen_of_our_commands_by_group() -> None:
    lines = run("--help").splitlines()
    assert len(lines) <= 50
    assert max(map(len, lines)) <= 80
    assert [title for title in GROUPS if any(line.startswith(f"  {title} ") for line in lines)] == list(GROUPS)
    assert all(sum(line[12:].startswith(f"{name} ") for line in lines) == 1 for name in COMMANDS)


def test_help_sets_up_no_django() -> None:
    run_help = "import sys; from wingtel.cli.main import main\ntry: main(['--help'])"
    program = f"{run_help}\nfinally: print('django.db' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.splitlines()[-1] == "False"


@pytest.mark.parametrize(("words", "command"), list(EACH.items()), ids=EACH)
def test_each_command_has_a_summary_options_with_help_and_examples(words: str, command: click.Command) -> None:
    assert command.help
    assert command.epilog
    examples = [line.strip() for line in command.epilog.splitlines() if line.startswith("  ")]
    assert examples
    assert all(example.startswith(f"wingtel {words}") for example in examples)
    undescribed = [param.name for param in command.params if isinstance(param, click.Option) and not param.help]
    assert undescribed == []
    assert "Examples:" in run(*words.split(), "--help")


@pytest.mark.parametrize(("words", "command"), list(EACH.items()), ids=EACH)
def test_each_command_with_a_format_has_all_of_them(words: str, command: click.Command) -> None:
    kinds: list[Any] = [param.type for param in command.params if param.name == "form"]
    assert all({"table", "tsv", "json", "csv"} <= set(kind.choices) for kind in kinds)
    lists = words.rsplit(maxsplit=1)[-1] in {"list", "show", "identifiers", "rejects", "deliveries"}
    assert kinds or not lists or words == "feeds show"  # which is TOML


def test_version_is_that_of_wingtel() -> None:
    assert run("--version") == f"wingtel {version('wingtel')}\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script(shell: str) -> None:
    script = run("completion", shell)
    assert f"_WINGTEL_COMPLETE={shell}_complete" in script
    if shell == "bash":
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)


@pytest.mark.parametrize(
    ("line", "place", "found"),
    [
        ("wingtel exc", 1, "exceeding"),
        ("wingtel days se", 2, "seal"),
        ("wingtel days list --sta", 3, "--state"),
        ("wingtel exceeding --usage-type vo", 3, "voice"),
    ],
)
def test_a_line_is_completed(line: str, place: int, found: str) -> None:
    environment = {"_WINGTEL_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(place)}
    result = CliRunner().invoke(cli, prog_name="wingtel", env=environment)
    assert found in {each.partition(",")[2] for each in result.stdout.splitlines()}


def test_an_unknown_command_is_an_error_of_usage() -> None:
    result = CliRunner().invoke(cli, ["migrate"], prog_name="wingtel")
    assert result.exit_code == 2
    assert "No such command 'migrate'" in result.stderr


def test_manage_runs_a_command_of_django() -> None:
    assert "Type 'wingtel manage help <subcommand>'" in run("manage", "help")
    assert run("manage", "diffsettings", "--all").count("\n") > 100
