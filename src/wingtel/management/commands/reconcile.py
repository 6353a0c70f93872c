"""`wingtel reconcile`: compare the aggregates with their sources, and repair them."""

import json
import sys
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from wingtel.aggregates.serialization import money, priced
from wingtel.lifecycle.models import Reconciliation
from wingtel.lifecycle.reconciliation import NothingToReconcileError, reconcile
from wingtel.management.answering import add_days
from wingtel.usage.currency import currency


class Command(BaseCommand):
    help = "Compare the aggregates with their sources, key by key; exit code 1 when something differs and stays so."

    def add_arguments(self, parser: CommandParser) -> None:
        add_days(parser)
        parser.add_argument("--repair", action="store_true", help="Mend what differs, and only that.")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *, first: date | None, last: date | None, repair: bool, **options: Any) -> None:
        try:
            outcome = reconcile(first, last, repair=repair)
        except NothingToReconcileError as error:
            raise CommandError(str(error)) from error
        if options["format"] == "json":
            self.stdout.write(json.dumps(as_dict(outcome)))
        else:
            self._print(outcome, repair)
        if outcome.drift_keys and not outcome.repaired:
            sys.exit(1)

    def _print(self, outcome: Reconciliation, repair: bool) -> None:
        compared = f"{outcome.first} to {outcome.last}: {outcome.keys:,} daily keys compared"
        if not outcome.drift_keys:
            self.stdout.write(f"{compared}, nothing differs")
            return
        for each in outcome.differences:
            of_subscription = (
                f" of subscription {each['subscription_id']}" if each["subscription_id"] is not None else ""
            )
            start = each["start"] or "all time"
            self.stdout.write(
                f"{each['grain']} {start}: {each['usage_type']}{of_subscription} {each['kind']}:"
                f" expected {_values(each['expected'])}, found {_values(each['found'])}"
            )
        if outcome.drift_keys > len(outcome.differences):
            self.stdout.write(f"... and {outcome.drift_keys - len(outcome.differences):,} more")
        repair_note = "; mend it with --repair"
        if outcome.repaired:
            repair_note = "; mended"
        elif repair:
            repair_note = "; mended but for the days above that cannot be proven, and their months"
        self.stdout.write(
            f"{compared}, {outcome.drift_keys:,} keys differ, daily prices by {priced(outcome.drift_price)} in all"
            f"{repair_note}"
        )


def _values(values: dict[str, Any] | None) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items() if value is not None) if values else "nothing"


def as_dict(outcome: Reconciliation) -> dict[str, Any]:
    """Return the outcome for JSON; timestamps in UTC."""
    return {
        "id": outcome.pk,
        "from": outcome.first.isoformat(),
        "to": outcome.last.isoformat(),
        "strategy": outcome.strategy,
        "started_at": outcome.started_at.isoformat(),
        "finished_at": outcome.finished_at.isoformat(),
        "keys": outcome.keys,
        "drift_keys": outcome.drift_keys,
        "drift_price": money(outcome.drift_price),
        "currency": currency(),
        "repaired": outcome.repaired,
        "differences": outcome.differences,
    }
