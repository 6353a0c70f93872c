"""The `wingtel` command, which runs Django's commands.

Without DATABASE_URL, they use the embedded PostgreSQL. Without REDIS_URL, those with background work use the embedded
Valkey.
"""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from wingtel.config.environment import load
from wingtel.embedded import EmbeddedPostgres, EmbeddedServerError, EmbeddedValkey, wingtel_home

WITHOUT_DATABASE = {"generate", "help", "version", "--help", "-h", "--version"}

WITH_BACKGROUND_WORK = {"up", "worker", "serve", "demo"}

NOT_MIGRATED = {"42P01", "42883"}
"""SQLSTATEs of a missing table and of a missing function."""


def main() -> None:
    """Run one command of `wingtel`."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wingtel.settings")
    environment = load()
    signal.signal(signal.SIGTERM, _exit)  # so that an embedded server is released
    try:
        with _embedded_valkey(environment.redis_url), _embedded_database(environment.database_url):
            _execute()
    except EmbeddedServerError as error:
        sys.exit(f"wingtel: {error}")


def _needs_database(arguments: list[str]) -> bool:
    return bool(arguments) and arguments[0] not in WITHOUT_DATABASE and not {"--help", "-h"} & set(arguments)


@contextmanager
def _embedded_database(database_url: str) -> Iterator[None]:
    if database_url or not _needs_database(sys.argv[1:]):
        yield
        return
    with EmbeddedPostgres(wingtel_home() / "postgresql") as server:
        os.environ["DATABASE_URL"] = server.url()
        try:
            from wingtel.management.migration import migrate_if_behind  # noqa: PLC0415 - settings read DATABASE_URL

            migrate_if_behind()
            yield
        finally:
            from django.db import connections  # noqa: PLC0415 - needs Django set up

            connections.close_all()


@contextmanager
def _embedded_valkey(redis_url: str) -> Iterator[None]:
    if redis_url or not WITH_BACKGROUND_WORK & set(sys.argv[1:2]):
        yield
        return
    with EmbeddedValkey(wingtel_home() / "valkey") as server, server.kept_running():
        os.environ["REDIS_URL"] = server.url()
        yield


def _execute() -> None:
    from django.core.management import execute_from_command_line  # noqa: PLC0415 - settings read DATABASE_URL
    from django.db import OperationalError, ProgrammingError  # noqa: PLC0415 - needs Django set up

    try:
        execute_from_command_line(["wingtel", *sys.argv[1:]])
    except OperationalError as error:
        sys.exit(f"wingtel: the database does not answer: {error}".strip())
    except ProgrammingError as error:
        if getattr(error.__cause__, "sqlstate", None) not in NOT_MIGRATED:
            raise
        sys.exit("wingtel: the database has not been migrated to this version: run `wingtel migrate`")


def _exit(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)


if __name__ == "__main__":
    main()
