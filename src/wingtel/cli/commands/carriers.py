"""`wingtel carriers`: list, add and change the networks that carry subscriptions."""

import click
from django.core.exceptions import ValidationError

from wingtel.cli.errors import CommandError
from wingtel.cli.output import print_results, say
from wingtel.cli.parameters import examples, format_option
from wingtel.subscriptions import carriers
from wingtel.subscriptions.models import Carrier

COLUMNS = ("code", "name", "country")
COUNTRY = "Whose national numbers it writes without a calling code: ISO 3166, such as US."


@click.group()
def command() -> None:
    """List, add and change carriers, the networks that carry subscriptions."""


@command.command("list", epilog=examples("carriers list"))
@format_option()
def list_carriers(*, form: str) -> None:
    """List the carriers."""
    print_results(form, Carrier.objects.values(*COLUMNS), COLUMNS)


@command.command("add", epilog=examples("carriers add movistar --name Movistar --country ES"))
@click.argument("code")
@click.option("--name", required=True, help="Its name, for people.")
@click.option("--country", metavar="XX", required=True, help=COUNTRY)
def add(*, code: str, name: str, country: str) -> None:
    """Add a carrier. Subscriptions, keys and feeds name it by CODE, such as att."""
    _save(Carrier(code=code, name=name, country=country), is_new=True)


@command.command("change", epilog=examples("carriers change movistar --name Telefónica"))
@click.argument("code")
@click.option("--name", help="Its name, for people.")
@click.option("--country", metavar="XX", help=COUNTRY)
def change(*, code: str, name: str | None, country: str | None) -> None:
    """Change the name or the country of a carrier."""
    carrier = Carrier.objects.filter(code=code).first()
    if carrier is None:
        raise CommandError(str(carriers.UnknownCarrierError(code)))
    carrier.name = name or carrier.name
    carrier.country = country or carrier.country
    _save(carrier, is_new=False)


def _save(carrier: Carrier, *, is_new: bool) -> None:
    try:
        carrier.full_clean(validate_unique=is_new)
    except ValidationError as error:
        problems = (f"{name}: {' '.join(reasons)}" for name, reasons in error.message_dict.items())
        raise CommandError("; ".join(problems)) from error
    carrier.save(force_insert=is_new)
    carriers.forget()
    say(f"{carrier.code}: {carrier.name}, {carrier.country}")
