"""`wingtel check`: check the code, the settings, and that the database is as this version makes it."""

import click
from django.core.management import call_command

from wingtel.cli.parameters import examples


@click.command(epilog=examples("check"))
def command() -> None:
    """Check the whole project, and that tables, indexes, functions and the like are as this version makes them."""
    call_command("check", databases=["default"], fail_level="WARNING")
