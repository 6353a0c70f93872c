"""Errors that are reported in one line on standard error."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import click
from django.core.management.base import CommandError as DjangoCommandError
from django.db import OperationalError, ProgrammingError

NOT_MIGRATED = {"42P01", "42883"}
"""SQLSTATEs of a missing table and of a missing function."""


class CommandError(click.ClickException):
    """An error of a command: its message goes to standard error, and it ends with this exit code."""

    def __init__(self, message: str, *, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code  # type: ignore[misc] # click reads it from the instance

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the message to standard error."""
        click.echo(f"wingtel: {self.message}", file=file, err=file is None)


@contextmanager
def reporting(*errors: type[Exception]) -> Iterator[None]:
    """Turn exceptions of these types, whose messages are for people, into errors of the command."""
    try:
        yield
    except errors as error:
        raise CommandError(str(error)) from error


@contextmanager
def reporting_database_errors() -> Iterator[None]:
    """Turn a database that does not answer, or is not migrated, into an error of the command."""
    try:
        yield
    except DjangoCommandError as error:  # of Django's own commands
        raise CommandError(str(error), exit_code=error.returncode) from error
    except OperationalError as error:
        raise CommandError(f"the database does not answer: {error}".strip()) from error
    except ProgrammingError as error:
        if getattr(error.__cause__, "sqlstate", None) not in NOT_MIGRATED:
            raise
        message = "the database has not been migrated to this version: run `wingtel manage migrate`"
        raise CommandError(message) from error
