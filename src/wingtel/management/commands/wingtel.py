"""The commands of `wingtel` in another project: `python manage.py wingtel exceeding ...`."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from wingtel.cli.main import cli


class Command(BaseCommand):
    help = "Run one of the commands of wingtel, on the databases of this project."
    requires_system_checks = []

    def run_from_argv(self, argv: list[str]) -> None:
        """Forward the arguments as they are, options too."""
        cli.main(argv[2:], prog_name="manage.py wingtel")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("arguments", nargs=argparse.REMAINDER)

    def handle(self, *, arguments: list[str], **_: Any) -> None:
        cli.main(arguments, prog_name="manage.py wingtel", standalone_mode=False)
