"""The `wingtel` command: commands in groups, each imported when it is first needed.

Without DATABASE_URL, commands use the embedded PostgreSQL. Without REDIS_URL, those with background work use the
embedded Valkey. Help of the whole sets up no Django.
"""

import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from types import FrameType
from typing import Any

import click

from wingtel.cli.servers import embedded_servers
from wingtel.config.environment import load

GROUPS = {
    "Ask": {
        "exceeding": "subscriptions that reached a price limit, with excess",
        "metrics": "what subscriptions used and paid between two dates",
        "explain": "the records and adjustments behind a total",
        "records": "raw usage records, with their files and lines",
    },
    "Load": {
        "import": "import files of usage records",
        "imports": "list imports, show one, get the lines it rejected",
        "conflicts": "list records that contradict a stored one",
        "feeds": "list, check, draft and watch carriers' feeds",
        "generate": "write a feed of demo usage",
    },
    "Correct": {
        "adjustments": "list, add and reverse corrections of usage",
    },
    "Watch": {
        "limits": "list, set, remove and evaluate price limits",
        "alerts": "list the alerts of price limits",
        "webhooks": "manage webhook endpoints and deliveries",
        "status": "show how this installation does, on one screen",
    },
    "Days": {
        "days": "list, seal, expire, reconcile and rebuild days",
    },
    "Run": {
        "up": "serve, and run background work",
        "serve": "serve the API and the dashboard",
        "worker": "run background work alone",
        "demo": "load a month of usage, answer, and serve",
        "strategy": "show or change how aggregates are kept; merge",
    },
    "Set up": {
        "check": "check the settings, the code and the database",
        "subscriptions": "list and change subscriptions, numbers and plans",
        "plans": "list and add plans",
        "carriers": "list, add and change carriers",
        "keys": "create, list and revoke API keys",
        "completion": "print the completion script of a shell",
        "manage": "run one of Django's own commands",
    },
}
"""Summaries of the commands, by group."""

MODULES = {"import": "importer"}
"""Modules of commands whose name cannot be that of a module."""

COMMANDS = [name for commands in GROUPS.values() for name in commands]


class CommandGroup(click.Group):
    """The commands of Wingtel."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        return COMMANDS

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command of that name."""
        if cmd_name not in COMMANDS:
            return None
        _set_up_django()
        module = import_module(f"wingtel.cli.commands.{MODULES.get(cmd_name, cmd_name)}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands by group, a line each."""
        for title, commands in GROUPS.items():
            formatter.write("\n")
            for place, (name, summary) in enumerate(commands.items()):
                formatter.write(f"  {'' if place else title:<9} {name:<14} {summary}\n")

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        """Return the commands that begin with a text, without importing them."""
        items = [
            click.shell_completion.CompletionItem(name, help=summary)
            for commands in GROUPS.values()
            for name, summary in commands.items()
            if name.startswith(incomplete)
        ]
        return [*items, *click.Command.shell_complete(self, ctx, incomplete)]

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command, and report errors of the database in one line."""
        _set_up_django()
        errors = import_module("wingtel.cli.errors")
        with errors.reporting_database_errors():
            return super().invoke(ctx)


@click.group(cls=CommandGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("wingtel"), prog_name="wingtel", message="%(prog)s %(version)s")
def cli() -> None:
    """Usage, prices and limits of mobile subscriptions, segmented by day.

    `wingtel COMMAND --help` shows the options of a command, with examples.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command as a program, with the embedded servers that it needs."""
    arguments = sys.argv[1:] if arguments is None else arguments
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wingtel.settings")
    environment = load()
    signal.signal(signal.SIGTERM, _exit)  # so that an embedded server is released
    with embedded_servers(arguments, environment):
        cli.main(list(arguments), prog_name="wingtel")


def _set_up_django() -> None:
    import django  # noqa: PLC0415 - the help of the whole does without
    from django.apps import apps  # noqa: PLC0415 - as above

    if not apps.ready:
        django.setup()


def _exit(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)
