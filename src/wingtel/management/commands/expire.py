"""`wingtel expire`: drop raw records past retention."""

import signal
import sys
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from wingtel.lifecycle import expiry
from wingtel.lifecycle.batch_result import BatchResult
from wingtel.usage.models import UsageDay


class Command(BaseCommand):
    help = "Show the sealed days past WINGTEL_RETENTION_DAYS, ask, and drop their raw records; their aggregates stay."

    def add_arguments(self, parser: CommandParser) -> None:
        mode = parser.add_mutually_exclusive_group()
        mode.add_argument("--yes", action="store_true", help="Do not ask.")
        mode.add_argument("--dry-run", action="store_true", help="Only show the days; drop nothing.")

    def handle(self, *, yes: bool, dry_run: bool, **_: Any) -> None:
        if not (yes or dry_run or (sys.stdin and sys.stdin.isatty())):
            raise CommandError(
                "Nothing was dropped: there is no terminal to ask at. `wingtel expire --yes` does not ask,"
                " `wingtel expire --dry-run` only shows the days."
            )
        days = expiry.due()
        self._show(days)
        if dry_run or not days:
            return
        if not yes and not self._confirm(days):
            raise CommandError("Nothing was dropped.")
        # Expire the days that were shown: others may have become due since.
        result = BatchResult.of(expiry.expire, days, expiry.ExpiryRejectedError)
        self.stdout.write(f"{_count(result.done)} expired" + "".join(f"\n{day}" for day in result.done))
        if result.rejected:
            raise CommandError("\n".join(result.rejected.values()))

    def _show(self, days: Sequence[date]) -> None:
        self.stdout.write(f"{_count(days)} past retention")
        for day in UsageDay.objects.filter(day__in=days).order_by("day"):
            counts = (f"{sums.records:,} {sums.usage_type} records" for sums in day.sums.order_by("usage_type"))
            self.stdout.write(f"{day.day}: {', '.join(counts)}")
        self.stdout.flush()

    def _confirm(self, days: Sequence[date]) -> bool:
        """Ask on standard error, which is visible when standard output goes to a file."""
        signal.siginterrupt(signal.SIGINT, True)  # else Polars's handler restarts the read, and Ctrl-C has no effect
        try:
            self.stderr.write(f"Drop the raw records of {_count(days)}? [y/N]", ending=" ")
            self.stderr.flush()
            return input().strip().lower() in {"y", "yes"}
        except (EOFError, KeyboardInterrupt):
            self.stderr.write("")
            return False


def _count(days: Sequence[date]) -> str:
    return f"{len(days)} day" if len(days) == 1 else f"{len(days)} days"
