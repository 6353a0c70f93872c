"""`wingtel records`: write raw usage records, each with the file and line it came from."""

from datetime import date
from pathlib import Path
from typing import Any

import click

from wingtel.cli.exports import print_export, target_of, target_options
from wingtel.cli.output import note
from wingtel.cli.parameters import days_options, examples, filter_of, filter_options, period_of
from wingtel.exports import definitions as exports
from wingtel.usage.models import UsageType

SHOWN = ("record_id", "subscription_id", "usage_type", "usage_date", "quantity", "price")


@click.command(
    epilog=examples(
        "records --from 2026-11-01 --to 2026-11-30 --subscription 7",
        "records --from 2026-11-01 --to 2026-11-30 --output november.parquet",
    )
)
@days_options(required=True)
@filter_options
@target_options(paged=False)
def command(
    *,
    first: date,
    last: date,
    usage_types: tuple[UsageType, ...],
    form: str | None,
    output: Path | None,
    **filters: Any,
) -> None:
    """Write the raw usage records between two dates, both included.

    Each comes with the file and line, or the request, that it came from. Days whose raw records have been dropped are
    reported on standard error.
    """
    target = target_of(form=form, output=output)
    params: dict[str, Any] = {
        "period": period_of(first, last),
        "usage_types": usage_types,
        "only": filter_of(**filters),
    }
    written = print_export(lambda form: exports.records(**params, form=form), target, shown=SHOWN)
    if written.records_gone:
        note(
            f"Not all is there: raw records of business days in {written.records_gone} have expired. `wingtel days"
            " list` lists these days, and `wingtel metrics` has what was used and paid on them."
        )
