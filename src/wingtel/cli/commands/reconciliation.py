"""`wingtel days reconcile`: compare the aggregates with their sources, and repair them."""

import sys
from collections.abc import Iterator
from datetime import date
from typing import Any

import click
import msgspec

from wingtel.aggregates.serialization import priced
from wingtel.cli.errors import reporting
from wingtel.cli.output import Form, print_json, print_lines, say
from wingtel.cli.parameters import days_options, examples, format_option
from wingtel.lifecycle import reconciliation
from wingtel.lifecycle.models import Reconciliation
from wingtel.lifecycle.serialization import Difference, reconciliation_answer
from wingtel.shapes import names_of


@click.command(
    "reconcile", epilog=examples("days reconcile --from 2026-11-01 --to 2026-11-30", "days reconcile --repair")
)
@days_options()
@click.option("--repair", is_flag=True, help="Repair what differs, and only that.")
@format_option()
def reconcile(*, first: date | None, last: date | None, repair: bool, form: str) -> None:
    """Compare the aggregates with their sources, key by key; exit code 1 when something differs and stays so.

    JSON has the comparison as the API does; TSV and CSV have the differences.
    """
    with reporting(reconciliation.NothingToReconcileError):
        outcome = reconciliation.reconcile(first, last, repair=repair)
    match form:
        case Form.JSON:
            print_json(msgspec.to_builtins(reconciliation_answer(outcome)))
        case Form.TABLE:
            for line in _lines(outcome, repair=repair):
                say(line)
        case _:
            print_lines(form, names_of(Difference), map(_as_row, outcome.differences))
    if outcome.drift_keys and not outcome.repaired:
        sys.exit(1)


def _lines(outcome: Reconciliation, *, repair: bool) -> Iterator[str]:
    compared = f"{outcome.first} to {outcome.last}: {outcome.keys} daily keys compared"
    if not outcome.drift_keys:
        yield f"{compared}, nothing differs"
        return
    for each in outcome.differences:
        of_subscription = f" of subscription {each['subscription_id']}" if each["subscription_id"] is not None else ""
        yield (
            f"{each['grain']} {each['start'] or 'all time'}: {each['usage_type']}{of_subscription} {each['kind']}:"
            f" expected {_values(each['expected'])}, found {_values(each['found'])}"
        )
    if outcome.drift_keys > len(outcome.differences):
        yield f"... and {outcome.drift_keys - len(outcome.differences)} more"
    repair_note = "; repair it with --repair"
    if outcome.repaired:
        repair_note = "; repaired"
    elif repair:
        repair_note = "; repaired but for the days above that cannot be proven, and their months"
    drift = f"{outcome.drift_keys} keys differ, daily prices by {priced(outcome.drift_price)} in all"
    yield f"{compared}, {drift}{repair_note}"


def _as_row(difference: dict[str, Any]) -> dict[str, Any]:
    return difference | {side: _values(difference[side]) for side in ("expected", "found")}


def _values(values: dict[str, Any] | None) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items() if value is not None) if values else "nothing"
