"""`wingtel alerts`: list open and resolved alerts of price limits."""

from datetime import date

import click

from wingtel.cli.output import print_results
from wingtel.cli.parameters import (
    ID,
    days_options,
    examples,
    format_option,
    period_of,
    rows_option,
    subscription_option,
)
from wingtel.limits import serialization
from wingtel.limits.models import Alert
from wingtel.limits.serialization import alert_answer
from wingtel.shapes import names_of

COLUMNS = names_of(serialization.Alert, without=("period",))
SHOWN = ("id", "limit_id", "subscription_id", "phone_number", "threshold_percent", "price", "state")


@click.group()
def command() -> None:
    """List the alerts of price limits."""


@command.command("list", epilog=examples("alerts list --state open", "alerts list --subscription +12025550100"))
@subscription_option()
@click.option("--limit", type=ID, help="Only of this limit.")
@click.option("--state", type=click.Choice(["open", "resolved"]), help="Only those in this state.")
@days_options()
@rows_option()
@format_option()
def list_alerts(
    *,
    subscription: int | None,
    limit: int | None,
    state: str | None,
    first: date | None,
    last: date | None,
    rows: int,
    form: str,
) -> None:
    """List the alerts, the latest first: which subscription reached which threshold of a limit."""
    alerts = (
        Alert.objects.select_related("subscription")
        .matching(
            limits=[limit] if limit else (),
            subscriptions=[subscription] if subscription else (),
            state=state,
            period=period_of(first, last),
        )
        .order_by("-pk")
    )
    print_results(form, map(alert_answer, alerts[:rows]), COLUMNS, shown=SHOWN)
