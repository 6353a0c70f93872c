"""`wingtel manage`: run one of Django's own commands."""

import click
from django.core.management import execute_from_command_line

from wingtel.cli.parameters import examples


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    epilog=examples("manage migrate", "manage createsuperuser", "manage shell", "manage help"),
)
@click.argument("arguments", nargs=-1, metavar="COMMAND [ARGS]...", type=click.UNPROCESSED)
def command(*, arguments: tuple[str, ...]) -> None:
    """Run one of Django's own commands, such as migrate, createsuperuser or shell."""
    execute_from_command_line(["wingtel manage", *arguments])
