"""`wingtel metrics`: show what subscriptions used and paid between two dates."""

from datetime import date
from pathlib import Path
from typing import Any

import click

from wingtel.aggregates import queries, serialization
from wingtel.cli.answers import print_answer
from wingtel.cli.exports import print_export, target_of, target_options
from wingtel.cli.parameters import days_options, examples, filter_of, filter_options, period_of
from wingtel.exports import columns
from wingtel.exports import definitions as exports
from wingtel.usage.currency import currency
from wingtel.usage.models import UsageType


@click.command(
    epilog=examples(
        "metrics --from 2026-11-01 --to 2026-11-30",
        "metrics --from 2026-11-01 --to 2026-11-30 --subscription +12025550100 --format json",
        "metrics --from 2026-11-01 --to 2026-11-30 --carrier att --output november.parquet",
    )
)
@days_options(required=True)
@filter_options
@target_options(paged=True)
def command(
    *,
    first: date,
    last: date,
    usage_types: tuple[UsageType, ...],
    form: str | None,
    output: Path | None,
    page_size: int | None,
    **filters: Any,
) -> None:
    """Show what each subscription used and paid between two dates, both included, by usage type."""
    target = target_of(form=form, output=output, page_size=page_size)
    period = period_of(first, last)
    params: dict[str, Any] = {"period": period, "usage_types": usage_types, "only": filter_of(**filters)}
    if not target.is_paged:
        print_export(lambda form: exports.metrics(**params, form=form), target)
        return
    print_answer(
        lambda after, size: queries.metrics(**params, page_size=size, after=after),
        lambda page: serialization.metrics_answer(page, period=period, next_url=None),
        columns.METRICS,
        target,
        title=f"Used and paid in {currency()} {serialization.period_text(period)}",
    )
