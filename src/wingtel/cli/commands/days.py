"""`wingtel days`: list, seal, expire, reconcile and rebuild business days."""

from datetime import date
from typing import Any

import click
import msgspec

from wingtel.cli.commands.expiry import expire
from wingtel.cli.commands.reconciliation import reconcile
from wingtel.cli.errors import CommandError, reporting
from wingtel.cli.output import Form, print_results, say
from wingtel.cli.parameters import DAY, days_options, examples, format_option, whole_number
from wingtel.cli.progress import rebuilding
from wingtel.lifecycle.rebuild_runs import RebuildRejectedError, rebuild_days
from wingtel.lifecycle.seals import SealRejectedError, seal, seal_due
from wingtel.lifecycle.serialization import Day, listed_day_answer
from wingtel.shapes import names_of
from wingtel.usage.currency import currency
from wingtel.usage.models import UsageDay, UsageType

SUMS = tuple(f"{kind}_{name}" for kind in UsageType for name in ("records", kind.unit, "price"))
COLUMNS = (*names_of(Day, without=("sums", "currency")), *SUMS, "currency")
SHOWN = ("day", "state", *(f"{kind}_records" for kind in UsageType))


@click.group()
def command() -> None:
    """List, seal, expire, reconcile and rebuild business days."""


@command.command(
    "list", epilog=examples("days list --state sealed", "days list --from 2026-11-01 --to 2026-11-30 --format json")
)
@days_options()
@click.option("--state", type=click.Choice(UsageDay.State.values), help="Only days in this state.")
@format_option()
def list_days(*, first: date | None, last: date | None, state: str | None, form: str) -> None:
    """List days, the latest first: open, sealed (with the sums they were sealed with) or expired."""
    days = UsageDay.objects.prefetch_related("sums").order_by("-day")
    if first:
        days = days.filter(day__gte=first)
    if last:
        days = days.filter(day__lte=last)
    if state:
        days = days.filter(state=state)
    bodies = map(listed_day_answer, days)
    print_results(form, bodies if form == Form.JSON else map(_row, bodies), COLUMNS, shown=SHOWN)


def _row(day: Day) -> dict[str, Any]:
    """Return a day with a column for each sum, for formats without nesting."""
    body: dict[str, Any] = msgspec.to_builtins(day)
    for sums in body.pop("sums"):
        kind = sums["usage_type"]
        body |= {
            f"{kind}_records": sums["records"],
            f"{kind}_{sums['unit']}": sums["used"],
            f"{kind}_price": sums["price"],
        }
    return dict.fromkeys(COLUMNS) | body


@command.command("seal", epilog=examples("days seal", "days seal 2026-11-10"))
@click.argument("day", type=DAY, required=False)
def seal_days(*, day: date | None) -> None:
    """Prove the aggregates of DAY equal to its sources and seal it; without a day, all that are due."""
    if day is None:
        outcome = seal_due()
        say(f"sealed {len(outcome.done)} days" + "".join(f"\n{each}" for each in outcome.done))
        if outcome.rejected:
            raise CommandError("\n".join(outcome.rejected.values()))
        return
    with reporting(SealRejectedError):
        state = seal(day)
    parts = (
        f"{each.records} {each.usage_type} records, {each.used} {UsageType(each.usage_type).unit},"
        f" price {each.price} {currency()}"
        for each in state.sums.order_by("usage_type")
    )
    say(f"{day} is sealed: {'; '.join(parts)}")


@command.command("rebuild", epilog=examples("days rebuild --from 2026-11-01 --to 2026-11-30 --workers 2"))
@days_options()
@click.option("--workers", type=whole_number(1, 64), default=1, show_default=True, help="Months to rebuild at a time.")
@click.option("--again", is_flag=True, help="Begin anew, also where a run was interrupted.")
def rebuild(*, first: date | None, last: date | None, workers: int, again: bool) -> None:
    """Make aggregates what raw records and adjustments say, a day after the other. Writers may go on meanwhile."""
    with rebuilding() as progress, reporting(RebuildRejectedError):
        run = rebuild_days(first, last, workers=workers, again=again, progress=progress)
    between = f"{min(run.done)} to {max(run.done)}" if run.done else "no day has usage"
    say(f"{len(run.done)} days rebuilt: {between}.")


command.add_command(expire)
command.add_command(reconcile)
