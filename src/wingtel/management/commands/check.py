"""`wingtel check`: run Django's system checks, and compare the database with what this version installs."""

from django.core.management.base import CommandParser
from django.core.management.commands.check import Command as DjangoCheck


class Command(DjangoCheck):
    help = "Check the whole project, and that tables, indexes, functions and the like are as this version makes them."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(databases=["default"], fail_level="WARNING")
