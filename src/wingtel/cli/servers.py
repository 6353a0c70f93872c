"""The embedded servers that a command needs, where no others are set."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from wingtel.config.environment import Environment

WITHOUT_DATABASE = {"generate", "completion"}
WITH_BACKGROUND_WORK = {"up", "worker", "serve", "demo"}
_HELP = {"--help", "-h"}


@contextmanager
def embedded_servers(arguments: Sequence[str], environment: Environment) -> Iterator[None]:
    """Run what a command of these arguments needs during the block; end the program if that cannot start."""
    if not _needs_database(arguments):
        yield
        return
    from wingtel.embedded import EmbeddedServerError  # noqa: PLC0415 - help does without

    try:
        with _valkey(arguments, environment.redis_url), _database(environment.database_url):
            yield
    except EmbeddedServerError as error:
        sys.exit(f"wingtel: {error}")


def _needs_database(arguments: Sequence[str]) -> bool:
    """Tell whether a command is run: not one of those without a database, no help, and no completion of a line."""
    if not arguments or arguments[0].startswith("-") or "_WINGTEL_COMPLETE" in os.environ:
        return False
    words = set(arguments)
    if arguments[0] == "manage":
        return bool(set(arguments[1:]) - _HELP) and arguments[1] not in {"help", "version"} and not words & _HELP
    return arguments[0] not in WITHOUT_DATABASE and not words & _HELP


@contextmanager
def _database(database_url: str) -> Iterator[None]:
    if database_url:
        yield
        return
    from wingtel.embedded import EmbeddedPostgres, wingtel_home  # noqa: PLC0415 - help does without

    with EmbeddedPostgres(wingtel_home() / "postgresql") as server:
        os.environ["DATABASE_URL"] = server.url()
        try:
            from wingtel.cli.migration import migrate_if_behind  # noqa: PLC0415 - settings read DATABASE_URL

            migrate_if_behind()
            yield
        finally:
            from django.db import connections  # noqa: PLC0415 - needs Django set up

            connections.close_all()


@contextmanager
def _valkey(arguments: Sequence[str], redis_url: str) -> Iterator[None]:
    if redis_url or arguments[0] not in WITH_BACKGROUND_WORK:
        yield
        return
    from wingtel.embedded import EmbeddedValkey, wingtel_home  # noqa: PLC0415 - help does without

    with EmbeddedValkey(wingtel_home() / "valkey") as server, server.kept_running():
        os.environ["REDIS_URL"] = server.url()
        yield
