"""`wingtel alerts`: list open and resolved alerts of price limits."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from wingtel.limits import serialization
from wingtel.limits.models import Alert
from wingtel.limits.serialization import alert_answer
from wingtel.management import answering
from wingtel.management.arguments import identity, whole_number
from wingtel.shapes import names_of

COLUMNS = names_of(serialization.Alert, without=("period",))


class Command(BaseCommand):
    help = "List the alerts, the latest first: who reached which threshold of a limit, and which are resolved."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--subscription", type=identity, metavar="ID", help="Only of this subscription.")
        parser.add_argument("--limit", type=identity, metavar="ID", help="Only of this limit.")
        parser.add_argument("--state", choices=["open", "resolved"])
        answering.add_days(parser)
        parser.add_argument(
            "--rows",
            type=whole_number(1),
            default=1000,
            metavar="N",
            help="How many at most (default: 1000).",
        )
        parser.add_argument("--format", choices=answering.FORMATS, default="table")

    def handle(self, *, first: date | None, last: date | None, **options: Any) -> None:
        alerts = (
            Alert.objects.select_related("subscription")
            .matching(
                limits=[options["limit"]] if options["limit"] else (),
                subscriptions=[options["subscription"]] if options["subscription"] else (),
                state=options["state"],
                period=answering.period_of(first, last),
            )
            .order_by("-pk")
        )
        results = [alert_answer(alert) for alert in alerts[: options["rows"]]]
        answering.print_results(self.stdout, options["format"], COLUMNS, results)
