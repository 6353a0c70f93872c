"""`wingtel adjust`: correct what a subscription used and paid on a day, or reverse such a correction."""

import getpass
import re
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from wingtel.adjustments.services import AdjustmentRejectedError, adjust, reverse
from wingtel.aggregates.serialization import priced
from wingtel.management.arguments import day, identity, option
from wingtel.usage.models import UsageAdjustment, UsageType

REQUIRED = ("subscription", "type", "day")
QUANTITIES = ("used", "price")


def parse_number(text: str) -> int:
    """Parse a signed whole number. Raises ValueError."""
    if not re.fullmatch(r"[+-]?[0-9]{1,20}", text):
        raise ValueError(text)
    return int(text)


def parse_amount(text: str) -> Decimal:
    """Parse a signed plain decimal. Raises ValueError."""
    if not re.fullmatch(r"[+-]?[0-9]{1,20}(\.[0-9]{1,20})?", text):
        raise ValueError(text)
    return Decimal(text)


class Command(BaseCommand):
    help = (
        "Add a signed quantity and price to what a subscription used and paid on a business day, or reverse an earlier "
        "adjustment. Adjustments are kept for ever, and counted at once in every answer."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--subscription", type=identity, metavar="ID", help="Whose usage.")
        parser.add_argument("--type", choices=UsageType.values, help="Of which usage type.")
        parser.add_argument("--day", type=day, metavar="DATE", help="On which business day.")
        parser.add_argument(
            "--used",
            type=option(parse_number, "a whole number, such as -20480"),
            metavar="N",
            help="In the unit of the usage type to add; negative to take away.",
        )
        parser.add_argument(
            "--price",
            type=option(parse_amount, "a plain decimal, such as -0.3000"),
            metavar="AMOUNT",
            help="What to add to the price; negative to take away.",
        )
        parser.add_argument(
            "--reverse",
            type=identity,
            metavar="ID",
            help="Reverse this adjustment instead.",
        )
        parser.add_argument("--reason", required=True, metavar="TEXT", help="The reason, for later reference.")
        parser.add_argument("--actor", metavar="NAME", help="Who does it (default: the user of this machine).")

    def handle(self, *, reason: str, actor: str | None, **options: Any) -> None:
        actor = _user() if actor is None else actor
        try:
            if options["reverse"] is not None:
                self._reverse(options, reason, actor)
            else:
                self._adjust(options, reason, actor)
        except AdjustmentRejectedError as error:
            raise CommandError(_message(error)) from error

    def _adjust(self, options: dict[str, Any], reason: str, actor: str) -> None:
        if missing := [f"--{name}" for name in REQUIRED if options[name] is None]:
            raise CommandError(f"missing {', '.join(missing)}: whose usage of what is adjusted, and when?")
        day: date = options["day"]
        adjustment = adjust(
            subscription_id=options["subscription"],
            usage_type=UsageType(options["type"]),
            day=day,
            used=options["used"] or 0,
            price=options["price"] or Decimal(0),
            reason=reason,
            actor=actor,
        )
        self.stdout.write(f"Adjustment {_describe(adjustment)}.")

    def _reverse(self, options: dict[str, Any], reason: str, actor: str) -> None:
        if surplus := [f"--{name}" for name in (*REQUIRED, *QUANTITIES) if options[name] is not None]:
            raise CommandError(f"--reverse takes all of an adjustment back; leave out {', '.join(surplus)}")
        reversal = reverse(options["reverse"], reason=reason, actor=actor)
        self.stdout.write(f"Adjustment {options['reverse']} reversed by {_describe(reversal)}.")


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError) as error:
        raise CommandError("--actor: this machine does not know who you are; say so") from error


_OPTIONS = {"subscription_id": "subscription", "usage_type": "type"}


def _message(error: AdjustmentRejectedError) -> str:
    return f"--{_OPTIONS.get(error.field, error.field)}: {error.reason}" if error.field else error.reason


def _describe(adjustment: UsageAdjustment) -> str:
    unit = UsageType(adjustment.usage_type).unit
    price = f"{'' if adjustment.price < 0 else '+'}{priced(adjustment.price)}"
    return (
        f"{adjustment.pk}: {adjustment.used:+,} {unit} and {price} for {adjustment.usage_type} of "
        f"subscription {adjustment.subscription_id} on {adjustment.day}, by {adjustment.actor}"
    )
