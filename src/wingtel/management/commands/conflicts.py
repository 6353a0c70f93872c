"""`wingtel conflicts`: list records that contradict a stored one."""

from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandParser

from wingtel.aggregates.serialization import origin_text
from wingtel.ingest.models import UsageConflict
from wingtel.ingest.serialization import Conflict, conflict_answers
from wingtel.management import answering
from wingtel.management.arguments import identity, whole_number
from wingtel.shapes import names_of


class Command(BaseCommand):
    help = "List records that came with the key of a stored one and another amount, the latest first."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--subscription", type=identity, metavar="ID", help="Only of this subscription.")
        parser.add_argument(
            "--rows", type=whole_number(1), default=1000, metavar="N", help="How many at most (default: 1000)."
        )
        parser.add_argument("--format", choices=answering.FORMATS, default="table")

    def handle(self, **options: Any) -> None:
        conflicts = UsageConflict.objects.order_by("-pk")
        if options["subscription"]:
            conflicts = conflicts.filter(subscription=options["subscription"])
        results = msgspec.to_builtins(conflict_answers(list(conflicts[: options["rows"]])))
        if options["format"] != "json":
            results = [result | {"origin": origin_text(result["origin"])} for result in results]
        answering.print_results(self.stdout, options["format"], names_of(Conflict), results)
