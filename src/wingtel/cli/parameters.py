"""Types of arguments, and options that commands share; each error message is one line."""

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

import click

from wingtel.aggregates import validation
from wingtel.aggregates.filters import SubscriptionFilter, ids_named
from wingtel.aggregates.periods import Period
from wingtel.aggregates.queries import ALL_TYPES
from wingtel.aggregates.validation import Parameter
from wingtel.cli.errors import CommandError
from wingtel.cli.output import Form, default_form
from wingtel.subscriptions.assignments import find_named
from wingtel.subscriptions.identifiers import Kind
from wingtel.subscriptions.models import Plan, Subscription
from wingtel.usage import partitions
from wingtel.usage.models import UsageType

F = TypeVar("F", bound=Callable[..., Any])

MAX_SECONDS = 86_400  # seconds


def examples(*lines: str) -> str:
    """Return the end of a command's help: examples of its use."""
    return "\n".join(["\b", "Examples:", *(f"  wingtel {line}".rstrip() for line in lines)])


class Parsed(click.ParamType[Any]):
    """A type of arguments: `parse`, with `rule` in the message when it raises ValueError."""

    def __init__(self, parse: Callable[[str], Any], rule: str, *, name: str = "text") -> None:
        self.parse = parse
        self.rule = rule
        self.name = name

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the parsed text; a value that is none is a default, and stays."""
        if not isinstance(value, str):
            return value
        try:
            return self.parse(value)
        except ValueError:
            self.fail(f"{value!r} is not {self.rule}", param, ctx)


def whole_number(least: int, most: int | None = None) -> Parsed:
    """Return the type of a whole number from `least` to `most`."""

    def parse(text: str) -> int:
        is_number = text.isascii() and text.isdecimal()
        if not is_number or int(text) < least or (most is not None and int(text) > most):
            raise ValueError(text)
        return int(text)

    return Parsed(parse, f"a whole number from {least} {'up' if most is None else f'to {most}'}", name="N")


def _parse_seconds(text: str) -> float:
    value = float(text)
    if not 0 < value <= MAX_SECONDS:
        raise ValueError(text)
    return value


def _parse_timestamp(text: str) -> datetime:
    value = datetime.fromisoformat(text)
    return value if value.tzinfo else value.replace(tzinfo=partitions.operator_zone())


def _parse_number(text: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,20}", text):
        raise ValueError(text)
    return int(text)


def _parse_amount(text: str) -> Decimal:
    if not re.fullmatch(r"[+-]?[0-9]{1,20}(\.[0-9]{1,20})?", text):
        raise ValueError(text)
    return Decimal(text)


SECONDS = Parsed(_parse_seconds, f"a number of seconds above 0, up to {MAX_SECONDS}", name="seconds")
DAY = Parsed(validation.parse_date, validation.DATE_RULE, name="date")
TIMESTAMP = Parsed(
    _parse_timestamp,
    "a date or timestamp in ISO 8601, such as 2027-01-01 (its midnight) or 2027-01-01T09:30:00Z",
    name="timestamp",
)
"""A timestamp; without an offset, in the operator's time zone."""

ID = Parsed(validation.parse_subscription_id, validation.SUBSCRIPTION_ID_RULE, name="id")
"""The id of anything with ids in the range of subscriptions."""

SIGNED_NUMBER = Parsed(_parse_number, "a whole number, such as -20480", name="N")
SIGNED_AMOUNT = Parsed(_parse_amount, "a plain decimal, such as -0.3000", name="amount")


def _find_subscription(text: str) -> int:
    """Return the id of the subscription with this id or phone number.

    Raises ValueError for a text that is neither, and CommandError if there is none.
    """
    if re.fullmatch("[0-9]{1,19}", text):
        number = validation.parse_subscription_id(text)
        if not Subscription.objects.filter(pk=number).exists():
            raise CommandError(f"there is no subscription {number}; a phone number begins with +")
        return number
    found = find_named(Kind.MSISDN, validation.parse_phone_number(text))
    current = Subscription.objects.current().filter(pk__in=found).values_list("pk", flat=True)
    ids = sorted(current) or sorted(found)
    if not ids:
        raise CommandError(f"no subscription has the phone number {text}")
    if len(ids) > 1:
        raise CommandError(f"the phone number {text} is that of subscriptions {', '.join(map(str, ids))}: give an id")
    return ids[0]


SUBSCRIPTION = Parsed(
    _find_subscription,
    f"{validation.SUBSCRIPTION_ID_RULE}, or {validation.PHONE_NUMBER.rule}",
    name="subscription",
)
"""A subscription, by its id or its phone number. One that does not exist is an error."""


def _find_plan(text: str) -> int:
    """Return the id of the plan with this name, or else with this id. Raises CommandError."""
    plans = Plan.objects.filter(name=text)
    if not plans and re.fullmatch("[0-9]{1,19}", text):
        plans = Plan.objects.filter(pk=int(text))
    if not plans:
        names = ", ".join(Plan.objects.order_by("name").values_list("name", flat=True))
        raise CommandError(f"there is no plan {text!r}; the plans are {names or 'none'}")
    return plans[0].pk


PLAN = Parsed(_find_plan, "the name or id of a plan", name="plan")
"""A plan, by its name or id. One that does not exist is an error."""


def parameter_option(parameter: Parameter, *names: str, **options: Any) -> Callable[[F], F]:
    """Return an option for the API's parameter of the same name; a repeatable one becomes a tuple."""
    given: dict[str, Any] = {
        "type": Parsed(parameter.parse, parameter.rule, name=parameter.name.rpartition("_")[2]),
        "required": parameter.required,
        "multiple": parameter.many,
        "help": parameter.description,
    }
    return click.option(f"--{parameter.name.replace('_', '-')}", *names, **(given | options))


def days_options(*, required: bool = False) -> Callable[[F], F]:
    """Return the options of the first and the last business day, named `first` and `last`."""
    first, last = (validation.REQUIRED_FROM, validation.REQUIRED_TO) if required else (validation.FROM, validation.TO)

    def decorate(function: F) -> F:
        return parameter_option(first, "first", type=DAY)(parameter_option(last, "last", type=DAY)(function))

    return decorate


def subscription_option(help: str = "Only of this subscription.") -> Callable[[F], F]:  # noqa: A002 - as click calls it
    """Return the option of a subscription, by its id or phone number."""
    return click.option("--subscription", type=SUBSCRIPTION, help=help)


def format_option(*more: str) -> Callable[[F], F]:
    """Return the option of the output's format, named `form`."""
    return click.option(
        "--format",
        "form",
        type=click.Choice([*map(str, Form), *map(str, more)]),
        default=None if more else default_form,
        show_default="table on a terminal, else tsv",
        help="Format of the output.",
    )


def rows_option(default: int = 1000) -> Callable[[F], F]:
    """Return the option of how many rows to list."""
    return click.option("--rows", type=whole_number(1), default=default, show_default=True, help="List at most N.")


def filter_options(function: F) -> F:
    """Add the options of a subscription filter, which are parameters of the API."""
    options = (
        click.option(
            *("--usage-type", "usage_types"),
            type=click.Choice(UsageType.values),
            callback=lambda _ctx, _param, value: (UsageType(value),) if value else ALL_TYPES,
            help=validation.USAGE_TYPE.description,
        ),
        click.option(
            *("--subscription", "subscriptions"),
            type=SUBSCRIPTION,
            multiple=True,
            help="Only this subscription, by its id or phone number; repeat it for several.",
        ),
        parameter_option(validation.EXTERNAL_ID, "external_ids"),
        parameter_option(validation.CARRIER),
        click.option("--plan", type=PLAN, help="Only subscriptions whose current plan has this name or id."),
    )
    for option in reversed(options):
        function = option(function)
    return function


def period_of(first: date | None, last: date | None) -> Period:
    """Return the period of the options. Raises CommandError if it is invalid."""
    try:
        return Period(first, last)
    except ValueError as error:
        raise CommandError(f"--from and --to: {error}") from error


def filter_of(
    *, subscriptions: tuple[int, ...], external_ids: tuple[str, ...], carrier: str | None, plan: int | None
) -> SubscriptionFilter:
    """Return the subscription filter of the options. Raises CommandError for an unknown external id."""
    for external_id in external_ids:
        if not find_named(Kind.EXTERNAL_ID, [external_id]):
            raise CommandError(f"no subscription has the external id {external_id!r}")
    return SubscriptionFilter(
        subscription_ids=ids_named(subscription_ids=subscriptions, phone_numbers=(), external_ids=external_ids),
        carrier=carrier,
        plan_id=plan,
    )
