"""`wingtel limits`: list, set, change, remove and evaluate standing price limits."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from wingtel.aggregates.serialization import priced
from wingtel.aggregates.validation import PRICE_LIMIT_RULE, parse_price_limit
from wingtel.cli.errors import CommandError, reporting
from wingtel.cli.output import print_results, say
from wingtel.cli.parameters import DAY, ID, PLAN, SUBSCRIPTION, Parsed, examples, format_option, whole_number
from wingtel.db.retry import LockHeldError
from wingtel.limits import services
from wingtel.limits.evaluation import evaluate
from wingtel.limits.models import LARGEST_THRESHOLD, LimitPeriod, PriceLimit
from wingtel.limits.serialization import Limit, limit_answer
from wingtel.shapes import names_of
from wingtel.usage.models import UsageType

COLUMNS = names_of(Limit, without=("created_at",))
SHOWN = ("id", "name", "amount", "usage_type", "subscription", "plan", "period")
_OPTIONS = {
    "plan_id": "plan",
    "subscription_id": "subscription",
    "usage_type": "usage-type",
    "thresholds": "threshold",
    "emails": "email",
}


@click.group()
def command() -> None:
    """List the standing price limits; set or change one, remove one, or find which were reached."""


@command.command("list", epilog=examples("limits list"))
@format_option()
def list_limits(*, form: str) -> None:
    """List the standing price limits."""
    print_results(form, map(limit_answer, PriceLimit.objects.current()), COLUMNS, shown=SHOWN)


@command.command(
    "set",
    epilog=examples(
        "limits set --amount 25 --threshold 80 --email billing@example.org",
        "limits set --amount 100 --plan Gold --usage-type data --period cycle",
        "limits set --id 3 --amount 30",
    ),
)
@click.option("--id", "limit_id", type=ID, help="Change this one; what is not given stays.")
@click.option("--amount", type=Parsed(parse_price_limit, PRICE_LIMIT_RULE, name="amount"), help="What may be paid.")
@click.option("--plan", "plan_id", type=PLAN, help="For each subscription of this plan, by its name or id.")
@click.option("--subscription", "subscription_id", type=SUBSCRIPTION, help="For this subscription.")
@click.option("--usage-type", type=click.Choice(UsageType.values), help="Without it, all together.")
@click.option("--period", type=click.Choice(LimitPeriod.values), help="Calendar month (default) or billing cycle.")
@click.option(
    "--threshold",
    "thresholds",
    type=whole_number(1, LARGEST_THRESHOLD),
    multiple=True,
    help="In percent of the amount, besides 100, such as 80; repeatable.",
)
@click.option("--email", "emails", metavar="ADDRESS", multiple=True, help="An address to notify; repeatable.")
@click.option("--name", help="What people call it.")
@click.option("--starts", type=DAY, help="Periods that contain or follow this day count (default: today).")
def set_limit(*, limit_id: int | None, **given: Any) -> None:
    """Make a limit, or change the one that --id names."""
    terms = {name: list(value) if isinstance(value, tuple) else value for name, value in given.items()}
    terms = {name: value for name, value in terms.items() if value not in (None, [])}
    with _reporting_rejections():
        if limit_id:
            limit = services.change_limit(limit_id, **terms)
        elif "amount" in terms:
            limit = services.make_limit(**terms)
        else:
            raise CommandError("missing --amount: what may be paid?")
    say(f"Limit {_describe(limit)}.")


@command.command("remove", epilog=examples("limits remove 3"))
@click.argument("limit", type=ID)
def remove(*, limit: int) -> None:
    """Evaluate LIMIT (its id) no more; its alerts stay."""
    with _reporting_rejections():
        services.remove_limit(limit)
    say(f"Limit {limit} removed; its alerts stay.")


@command.command("evaluate", epilog=examples("limits evaluate"))
def evaluate_limits() -> None:
    """Open and resolve alerts by what changed since the last time."""
    with reporting(LockHeldError):
        counts = evaluate()
    say(f"{counts.evaluated} evaluated; alerts: {counts.opened} opened, {counts.resolved} resolved")


@contextmanager
def _reporting_rejections() -> Iterator[None]:
    try:
        with reporting(services.UnknownLimitError, LockHeldError):
            yield
    except services.LimitRejectedError as error:
        problems = (
            f"{'' if field == '__all__' else f'--{_OPTIONS.get(field, field)}: '}{' '.join(reasons)}"
            for field, reasons in error.problems.items()
        )
        raise CommandError("; ".join(problems)) from error


def _describe(limit: PriceLimit) -> str:
    scope = f"each subscription of plan {limit.plan_id}" if limit.plan_id else "each subscription"
    if limit.subscription_id:
        scope = f"subscription {limit.subscription_id}"
    period = "calendar month" if limit.period == LimitPeriod.MONTH else "billing cycle"
    thresholds = ", ".join(f"{percent} %" for percent in sorted({*limit.thresholds, 100}))
    return (
        f"{limit.pk}: {priced(limit.amount)} for {limit.usage_type or 'all usage'} of {scope} per {period}, "
        f"at {thresholds}, from {limit.starts}"
    )
