"""`wingtel plans`: list and add the products that subscriptions are sold as."""

from decimal import Decimal

import click
from django.core.exceptions import ValidationError

from wingtel.aggregates.serialization import money
from wingtel.cli.errors import CommandError
from wingtel.cli.output import print_results, say
from wingtel.cli.parameters import SIGNED_AMOUNT, examples, format_option, whole_number
from wingtel.subscriptions.models import Plan
from wingtel.usage.currency import currency

COLUMNS = ("id", "name", "price", "currency", "data_available", "created_at", "updated_at")
SHOWN = ("id", "name", "price", "currency", "data_available")


@click.group()
def command() -> None:
    """List and add plans, the products that subscriptions are sold as."""


@command.command("list", epilog=examples("plans list"))
@format_option()
def list_plans(*, form: str) -> None:
    """List the plans."""
    shown = {"currency": currency()}
    plans = Plan.objects.values(*(name for name in COLUMNS if name != "currency"))
    print_results(form, (plan | shown | {"price": money(plan["price"])} for plan in plans), COLUMNS, shown=SHOWN)


@command.command("add", epilog=examples("plans add Gold --price 19.99 --data-available 10485760"))
@click.argument("name")
@click.option("--price", type=SIGNED_AMOUNT, default=Decimal(0), help="Its price, in the currency of the installation.")
@click.option("--data-available", type=whole_number(0), default=0, help="Data included per month, in kilobytes.")
def add(*, name: str, price: Decimal, data_available: int) -> None:
    """Add a plan."""
    plan = Plan(name=name, price=price, data_available=data_available)
    try:
        plan.full_clean()
    except ValidationError as error:
        problems = (f"{field}: {' '.join(reasons)}" for field, reasons in error.message_dict.items())
        raise CommandError("; ".join(problems)) from error
    plan.save()
    say(f"Plan {plan.pk}: {plan.name}, {money(plan.price)} {currency()}")
