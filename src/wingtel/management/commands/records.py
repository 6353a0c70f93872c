"""`wingtel records`: write raw usage records, each with the file and line it came from."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from wingtel.exports import definitions as exports
from wingtel.exports.formats import Format
from wingtel.management import answering, exporting


class Command(BaseCommand):
    help = (
        "Write the raw usage records between two dates, both included, each with the file and line, or the request, "
        "that it came from. Days whose raw records have been dropped are told on stderr."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        answering.add_options(parser, days_required=True, paged=False)

    def handle(
        self,
        *,
        first: date,
        last: date,
        usage_type: str | None,
        **options: Any,
    ) -> None:
        form = exporting.export_format(options) or Format.CSV
        export = exports.records(
            period=answering.period_of(first, last),
            usage_types=answering.usage_types_of(usage_type),
            only=answering.filter_of(options),
            form=form,
        )
        written = exporting.print_export(self.stdout, export, form, options["output"])
        if written.records_gone:
            self.stderr.write(
                f"Not all is there: raw records of business days in {written.records_gone} have expired. `wingtel days`"
                " tells which days those are, and `wingtel metrics` what was used and paid on them."
            )
