"""Commands of `wingtel`, run in process."""

from typing import Any

from click.testing import CliRunner, Result

from wingtel.cli.main import cli


class CommandFailed(Exception):  # noqa: N818 - a state that tests name
    """A command that ended with another exit code than 0; the message is its standard error."""

    def __init__(self, result: Result) -> None:
        super().__init__(result.stderr.strip())
        self.exit_code = result.exit_code
        self.stdout = result.stdout


def run(*arguments: Any, given: bytes | None = None) -> str:
    """Return the standard output of a command. Raises CommandFailed."""
    result = outcome(*arguments, given=given)
    if result.exit_code:
        raise CommandFailed(result)
    return result.stdout


def outcome(*arguments: Any, given: bytes | None = None) -> Result:
    """Return the exit code and the output of a command; `given` is its standard input."""
    return CliRunner().invoke(cli, list(map(str, arguments)), input=given, prog_name="wingtel", catch_exceptions=False)
