"""`wingtel carriers`: list, add and change the networks that carry subscriptions."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from wingtel.management.answering import FORMATS, print_rows
from wingtel.subscriptions import carriers
from wingtel.subscriptions.models import Carrier

COLUMNS = ("code", "name", "country")


class Command(BaseCommand):
    help = "List, add and change carriers."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="list|add|change")
        listing = actions.add_parser("list", help="List them.")
        listing.add_argument("--format", choices=FORMATS, default="table")
        for action, is_new in (("add", True), ("change", False)):
            one = actions.add_parser(action, help="Add a carrier." if is_new else "Change a carrier.")
            one.add_argument("code", help="By which subscriptions, keys and feeds name it, such as att.")
            one.add_argument("--name", required=is_new)
            one.add_argument(
                "--country",
                required=is_new,
                metavar="XX",
                help="The country of its national numbers: ISO 3166, such as US.",
            )

    def handle(self, *, action: str, **options: Any) -> None:
        if action == "list":
            print_rows(self.stdout, Carrier.objects.values(*COLUMNS), COLUMNS, options["format"])
            return
        code, given = options["code"], {name: options[name] for name in ("name", "country") if options[name]}
        carrier = Carrier(code=code) if action == "add" else Carrier.objects.filter(code=code).first()
        if carrier is None:
            raise CommandError(str(carriers.UnknownCarrierError(code)))
        for name, value in given.items():
            setattr(carrier, name, value)
        try:
            carrier.full_clean(validate_unique=action == "add")
        except ValidationError as error:
            problems = (f"{name}: {' '.join(reasons)}" for name, reasons in error.message_dict.items())
            raise CommandError("; ".join(problems)) from error
        carrier.save(force_insert=action == "add")
        carriers.forget()
        self.stdout.write(f"{carrier.code}: {carrier.name}, {carrier.country}")
