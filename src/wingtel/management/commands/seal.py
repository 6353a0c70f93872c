"""`wingtel seal DAY`: prove a day and seal it."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from wingtel.lifecycle.seals import SealRejectedError, seal, seal_due
from wingtel.management.arguments import day
from wingtel.usage.currency import currency
from wingtel.usage.models import UsageType


class Command(BaseCommand):
    help = "Prove the aggregates of a day equal to its sources and seal it; without a day, all that are due."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("day", nargs="?", type=day, metavar="DAY")

    def handle(self, *, day: date | None, **_: Any) -> None:
        if day is None:
            self._seal_due()
            return
        try:
            state = seal(day)
        except SealRejectedError as error:
            raise CommandError(str(error)) from error
        parts = (
            f"{each.records:,} {each.usage_type} records, {each.used:,} {UsageType(each.usage_type).unit},"
            f" price {each.price:,} {currency()}"
            for each in state.sums.order_by("usage_type")
        )
        self.stdout.write(f"{day} is sealed: {'; '.join(parts)}")

    def _seal_due(self) -> None:
        outcome = seal_due()
        self.stdout.write(f"sealed {len(outcome.done)} days" + "".join(f"\n{each}" for each in outcome.done))
        if outcome.rejected:
            raise CommandError("\n".join(outcome.rejected.values()))
