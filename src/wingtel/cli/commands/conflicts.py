"""`wingtel conflicts`: list records that contradict a stored one."""

import click
import msgspec

from wingtel.aggregates.serialization import origin_text
from wingtel.cli.output import Form, print_results
from wingtel.cli.parameters import examples, format_option, rows_option, subscription_option
from wingtel.ingest.models import UsageConflict
from wingtel.ingest.serialization import Conflict, conflict_answers
from wingtel.shapes import names_of

SHOWN = ("subscription_id", "record_id", "stored_quantity", "quantity", "stored_price", "price")


@click.group()
def command() -> None:
    """List records that contradict a stored one."""


@command.command("list", epilog=examples("conflicts list", "conflicts list --subscription 7 --format csv"))
@subscription_option()
@rows_option()
@format_option()
def list_conflicts(*, subscription: int | None, rows: int, form: str) -> None:
    """List records that came with the key of a stored one and another amount, the latest first."""
    conflicts = UsageConflict.objects.order_by("-pk")
    if subscription:
        conflicts = conflicts.filter(subscription=subscription)
    results = msgspec.to_builtins(conflict_answers(list(conflicts[:rows])))
    if form != Form.JSON:
        results = [result | {"origin": origin_text(result["origin"])} for result in results]
    print_results(form, results, names_of(Conflict), shown=SHOWN)
