"""`wingtel exceeding`: list the subscriptions that reached a price limit, with their excess."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from wingtel.aggregates import queries, serialization
from wingtel.aggregates.validation import PRICE_LIMIT
from wingtel.cli.answers import print_answer
from wingtel.cli.exports import print_export, target_of, target_options
from wingtel.cli.parameters import days_options, examples, filter_of, filter_options, parameter_option, period_of
from wingtel.exports import columns
from wingtel.exports import definitions as exports
from wingtel.usage.currency import currency
from wingtel.usage.models import UsageType


@click.command(
    epilog=examples(
        "exceeding --price-limit 25.00",
        "exceeding --price-limit 25.00 --usage-type data --from 2026-11-01 --to 2026-11-30",
        "exceeding --price-limit 100 --plan Gold --output over.csv",
    )
)
@parameter_option(PRICE_LIMIT)
@days_options()
@filter_options
@target_options(paged=True)
def command(
    *,
    price_limit: Decimal,
    first: date | None,
    last: date | None,
    usage_types: tuple[UsageType, ...],
    form: str | None,
    output: Path | None,
    page_size: int | None,
    **filters: Any,
) -> None:
    """List the subscriptions whose total price of a usage type reached a limit, the largest excess first."""
    target = target_of(form=form, output=output, page_size=page_size)
    period = period_of(first, last)
    params: dict[str, Any] = {
        "price_limit": price_limit,
        "period": period,
        "usage_types": usage_types,
        "only": filter_of(**filters),
    }
    if not target.is_paged:
        print_export(lambda form: exports.exceeding(**params, form=form), target)
        return
    limit = serialization.price_limit(price_limit)
    print_answer(
        lambda after, size: queries.exceeding(**params, page_size=size, after=after),
        lambda page: serialization.exceeding_answer(page, page.results, limit=limit, period=period, next_url=None),
        columns.EXCEEDING,
        target,
        title=f"Reached {limit} {currency()} {serialization.period_text(period)}",
    )
