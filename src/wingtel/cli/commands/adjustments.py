"""`wingtel adjustments`: list, add and reverse corrections of usage."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal

import click

from wingtel.adjustments.serialization import Adjustment, adjustment_answer
from wingtel.adjustments.services import AdjustmentRejectedError, adjust, reverse
from wingtel.aggregates.serialization import priced
from wingtel.cli.errors import CommandError
from wingtel.cli.output import print_results, say
from wingtel.cli.parameters import (
    DAY,
    ID,
    SIGNED_AMOUNT,
    SIGNED_NUMBER,
    SUBSCRIPTION,
    days_options,
    examples,
    format_option,
    period_of,
    subscription_option,
)
from wingtel.shapes import names_of
from wingtel.usage.models import UsageAdjustment, UsageType

SHOWN = ("id", "subscription_id", "usage_type", "day", "used", "price", "reason")
_OPTIONS = {"subscription_id": "subscription", "usage_type": "type"}

reason_option = click.option("--reason", required=True, help="Why, for those who ask later.")
actor_option = click.option("--actor", metavar="NAME", help="Who does it (default: the user of this machine).")


@click.group()
def command() -> None:
    """List, add and reverse corrections of what subscriptions used and paid.

    Adjustments are kept for ever, and counted at once in every answer.
    """


@command.command(
    "list",
    epilog=examples(
        "adjustments list", "adjustments list --subscription +12025550100 --from 2026-11-01 --to 2026-11-30"
    ),
)
@subscription_option()
@days_options()
@format_option()
def list_adjustments(*, subscription: int | None, first: date | None, last: date | None, form: str) -> None:
    """List adjustments, the oldest first: their amounts, reasons and actors, and what reversed them."""
    period = period_of(first, last)
    adjustments = UsageAdjustment.objects.select_related("reversed_by").order_by("pk")
    if subscription:
        adjustments = adjustments.filter(subscription=subscription)
    if period.first:
        adjustments = adjustments.filter(day__gte=period.first)
    if period.last:
        adjustments = adjustments.filter(day__lte=period.last)
    results = (adjustment_answer(adjustment) for adjustment in adjustments.iterator())
    print_results(form, results, names_of(Adjustment), shown=SHOWN)


@command.command(
    "add",
    epilog=examples(
        "adjustments add --subscription 7 --type data --day 2026-11-10 --used -20480 --price -0.30 --reason credited"
    ),
)
@click.option("--subscription", type=SUBSCRIPTION, required=True, help="Whose usage, by id or phone number.")
@click.option("--type", "usage_type", type=click.Choice(UsageType.values), required=True, help="Of which usage type.")
@click.option("--day", type=DAY, required=True, help="On which business day.")
@click.option("--used", type=SIGNED_NUMBER, default=0, help="Kilobytes or seconds to add; negative to take away.")
@click.option("--price", type=SIGNED_AMOUNT, default=Decimal(0), help="Price to add; negative to take away.")
@reason_option
@actor_option
def add(
    *, subscription: int, usage_type: str, day: date, used: int, price: Decimal, reason: str, actor: str | None
) -> None:
    """Add a signed quantity and price to what a subscription used and paid on a business day."""
    with _reporting_rejections():
        adjustment = adjust(
            subscription_id=subscription,
            usage_type=UsageType(usage_type),
            day=day,
            used=used,
            price=price,
            reason=reason,
            actor=_user() if actor is None else actor,
        )
    say(f"Adjustment {_describe(adjustment)}.")


@command.command("reverse", epilog=examples("adjustments reverse 12 --reason 'a mistake'"))
@click.argument("adjustment", type=ID)
@reason_option
@actor_option
def reverse_adjustment(*, adjustment: int, reason: str, actor: str | None) -> None:
    """Take all of ADJUSTMENT (its id) back."""
    with _reporting_rejections():
        reversal = reverse(adjustment, reason=reason, actor=_user() if actor is None else actor)
    say(f"Adjustment {adjustment} reversed by {_describe(reversal)}.")


@contextmanager
def _reporting_rejections() -> Iterator[None]:
    try:
        yield
    except AdjustmentRejectedError as error:
        option = f"--{_OPTIONS.get(error.field, error.field)}: " if error.field else ""
        raise CommandError(f"{option}{error.reason}") from error


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError) as error:
        raise CommandError("--actor: this machine does not know who you are; say so") from error


def _describe(adjustment: UsageAdjustment) -> str:
    unit = UsageType(adjustment.usage_type).unit
    price = f"{'' if adjustment.price < 0 else '+'}{priced(adjustment.price)}"
    return (
        f"{adjustment.pk}: {adjustment.used:+} {unit} and {price} for {adjustment.usage_type} of "
        f"subscription {adjustment.subscription_id} on {adjustment.day}, by {adjustment.actor}"
    )
