"""`wingtel days expire`: drop raw records past retention."""

import signal
import sys
from collections.abc import Sequence
from datetime import date

import click

from wingtel.cli.errors import CommandError
from wingtel.cli.output import note, say
from wingtel.cli.parameters import examples
from wingtel.lifecycle import expiry
from wingtel.lifecycle.batch_result import BatchResult
from wingtel.usage.models import UsageDay


@click.command("expire", epilog=examples("days expire --dry-run", "days expire --yes"))
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Only show the days; drop nothing.")
def expire(*, yes: bool, dry_run: bool) -> None:
    """Show the sealed days past WINGTEL_RETENTION_DAYS, ask, and drop their raw records; their aggregates stay."""
    if yes and dry_run:
        raise click.UsageError("--dry-run does not go with --yes")
    if not (yes or dry_run or (sys.stdin and sys.stdin.isatty())):
        raise CommandError(
            "Nothing was dropped: there is no terminal to ask at. `wingtel days expire --yes` does not ask,"
            " `wingtel days expire --dry-run` only shows the days."
        )
    days = expiry.due()
    _show(days)
    if dry_run or not days:
        return
    if not yes and not _confirm(days):
        raise CommandError("Nothing was dropped.")
    # Expire the days that were shown: others may have become due since.
    result = BatchResult.of(expiry.expire, days, expiry.ExpiryRejectedError)
    say(f"{_count(result.done)} expired" + "".join(f"\n{day}" for day in result.done))
    if result.rejected:
        raise CommandError("\n".join(result.rejected.values()))


def _show(days: Sequence[date]) -> None:
    say(f"{_count(days)} past retention")
    for day in UsageDay.objects.filter(day__in=days).order_by("day"):
        counts = (f"{sums.records} {sums.usage_type} records" for sums in day.sums.order_by("usage_type"))
        say(f"{day.day}: {', '.join(counts)}")


def _confirm(days: Sequence[date]) -> bool:
    """Ask on standard error, which is visible when standard output goes to a file."""
    signal.siginterrupt(signal.SIGINT, True)  # else Polars's handler restarts the read, and Ctrl-C has no effect
    try:
        click.echo(f"Drop the raw records of {_count(days)}? [y/N] ", nl=False, err=True)
        return input().strip().lower() in {"y", "yes"}
    except (EOFError, KeyboardInterrupt):
        note("")
        return False


def _count(days: Sequence[date]) -> str:
    return f"{len(days)} day" if len(days) == 1 else f"{len(days)} days"
