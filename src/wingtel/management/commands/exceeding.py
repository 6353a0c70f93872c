"""`wingtel exceeding`: list the subscriptions that reached a price limit, with their excess."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from wingtel.aggregates import queries, serialization
from wingtel.aggregates.validation import PRICE_LIMIT
from wingtel.exports import columns
from wingtel.exports import definitions as exports
from wingtel.management import answering, exporting
from wingtel.usage.currency import currency

COLUMNS = columns.EXCEEDING[:-1]  # its title says the currency


class Command(BaseCommand):
    help = "Show the subscriptions whose total price for a usage type reached a limit, the largest excess first."

    def add_arguments(self, parser: CommandParser) -> None:
        answering.add_question(parser, PRICE_LIMIT, metavar="AMOUNT")
        answering.add_options(parser, days_required=False)

    def handle(
        self,
        *,
        price_limit: Decimal,
        first: date | None,
        last: date | None,
        usage_type: str | None,
        **options: Any,
    ) -> None:
        period = answering.period_of(first, last)
        params: dict[str, Any] = {
            "price_limit": price_limit,
            "period": period,
            "usage_types": answering.usage_types_of(usage_type),
            "only": answering.filter_of(options),
        }
        if form := exporting.export_format(options):
            exporting.print_export(self.stdout, exports.exceeding(**params, form=form), form, options["output"])
            return
        page, more = answering.collect(
            lambda after, size: queries.exceeding(**params, page_size=size, after=after),
            answering.result_limit(options["page_size"], options["format"]),
        )
        limit = serialization.price_limit(price_limit)
        body = serialization.exceeding_answer(page, page.results, limit=limit, period=period, next_url=None)
        title = f"Reached {limit} {currency()} {serialization.period_text(period)}"
        answering.print_answer(self.stdout, body, COLUMNS, options["format"], title=title, more=more)
