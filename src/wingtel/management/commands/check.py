"""`wingtel check`: Django's system checks, and whether the database still holds what the strategy installed."""

from django.core.management.base import CommandParser
from django.core.management.commands.check import Command as DjangoCheck


class Command(DjangoCheck):
    help = "Check the whole project, and that functions, views and triggers in the database are as they were installed."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(databases=["default"], fail_level="WARNING")
