"""`wingtel metrics`: show what subscriptions used and paid between two dates."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from wingtel.aggregates import queries, serialization
from wingtel.exports import columns
from wingtel.exports import definitions as exports
from wingtel.management import answering, exporting
from wingtel.usage.currency import currency

COLUMNS = columns.METRICS[:-1]  # its title says the currency


class Command(BaseCommand):
    help = "Show what each subscription used and paid between two dates, both included, by usage type."

    def add_arguments(self, parser: CommandParser) -> None:
        answering.add_options(parser, days_required=True)

    def handle(
        self,
        *,
        first: date,
        last: date,
        usage_type: str | None,
        **options: Any,
    ) -> None:
        period = answering.period_of(first, last)
        params: dict[str, Any] = {
            "period": period,
            "usage_types": answering.usage_types_of(usage_type),
            "only": answering.filter_of(options),
        }
        if form := exporting.export_format(options):
            exporting.print_export(self.stdout, exports.metrics(**params, form=form), form, options["output"])
            return
        page, more = answering.collect(
            lambda after, size: queries.metrics(**params, page_size=size, after=after),
            answering.result_limit(options["page_size"], options["format"]),
        )
        body = serialization.metrics_answer(page, period=period, next_url=None)
        title = f"Used and paid in {currency()} {serialization.period_text(period)}"
        answering.print_answer(self.stdout, body, COLUMNS, options["format"], title=title, more=more)
