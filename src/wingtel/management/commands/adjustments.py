"""`wingtel adjustments`: list corrections with their reasons and actors."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from wingtel.adjustments.serialization import Adjustment, adjustment_answer
from wingtel.management import answering
from wingtel.management.arguments import identity
from wingtel.shapes import names_of
from wingtel.usage.models import UsageAdjustment


class Command(BaseCommand):
    help = "List adjustments, the oldest first: their amounts, reasons and actors, and what reversed them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--subscription", type=identity, metavar="ID", help="Only of this subscription.")
        answering.add_days(parser)
        parser.add_argument("--format", choices=answering.FORMATS, default="table")

    def handle(self, *, subscription: int | None, first: date | None, last: date | None, **options: Any) -> None:
        period = answering.period_of(first, last)
        adjustments = UsageAdjustment.objects.select_related("reversed_by").order_by("pk")
        if subscription:
            adjustments = adjustments.filter(subscription=subscription)
        if period.first:
            adjustments = adjustments.filter(day__gte=period.first)
        if period.last:
            adjustments = adjustments.filter(day__lte=period.last)
        results = [adjustment_answer(adjustment) for adjustment in adjustments.iterator()]
        answering.print_results(self.stdout, options["format"], names_of(Adjustment), results)
