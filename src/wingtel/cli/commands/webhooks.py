"""`wingtel webhooks`: manage the endpoints that alerts are posted to, and their deliveries."""

import click

from wingtel.aggregates.serialization import timestamp
from wingtel.cli.errors import CommandError, reporting
from wingtel.cli.output import print_results, say
from wingtel.cli.parameters import ID, examples, format_option, rows_option
from wingtel.notifications import endpoints, serialization
from wingtel.notifications.address_policy import RejectedAddressError
from wingtel.notifications.delivery import deliver_due, replay
from wingtel.notifications.models import Delivery, WebhookEndpoint
from wingtel.notifications.serialization import Endpoint, delivery_answer, endpoint_answer
from wingtel.shapes import names_of

COLUMNS = names_of(Endpoint, without=("previous_until",))
SHOWN = ("id", "url", "description", "enabled")
DELIVERY_COLUMNS = names_of(serialization.Delivery, without=("created_at",))
DELIVERY_SHOWN = ("id", "alert_id", "event", "endpoint_id", "email", "state", "attempts")

endpoint_option = click.option("--endpoint", type=ID, help="Only of this endpoint.")


@click.group()
def command() -> None:
    """Manage the endpoints that alerts are posted to, and the deliveries. ENDPOINT is an id."""


@command.command("list", epilog=examples("webhooks list"))
@format_option()
def list_endpoints(*, form: str) -> None:
    """List the endpoints."""
    print_results(form, map(endpoint_answer, WebhookEndpoint.objects.all()), COLUMNS, shown=SHOWN)


@command.command("add", epilog=examples("webhooks add https://billing.example.org/alerts --description billing"))
@click.argument("url")
@click.option("--description", default="", help="What it is for.")
def add(*, url: str, description: str) -> None:
    """Post alerts to a URL from now on; its secret is shown, once."""
    with reporting(RejectedAddressError):
        endpoint = endpoints.add_endpoint(url, description=description)
    say(f"Endpoint {endpoint.pk} added. Its secret, not shown again: {endpoint.secret}")


@command.command("rotate", epilog=examples("webhooks rotate 2"))
@click.argument("endpoint", type=ID)
def rotate(*, endpoint: int) -> None:
    """Give an endpoint a new secret, shown once; the one before signs for a day more."""
    with reporting(endpoints.UnknownEndpointError):
        changed = endpoints.rotate_secret(endpoint)
    say(f"The new secret of endpoint {changed.pk}, not shown again: {changed.secret}")
    if changed.previous_until:
        say(f"The one before signs too until {timestamp(changed.previous_until)}.")


@command.command("enable", epilog=examples("webhooks enable 2"))
@click.argument("endpoint", type=ID)
def enable(*, endpoint: int) -> None:
    """Send to an endpoint again."""
    _set_enabled(endpoint, enabled=True)


@command.command("disable", epilog=examples("webhooks disable 2"))
@click.argument("endpoint", type=ID)
def disable(*, endpoint: int) -> None:
    """Send nothing to an endpoint; what is due waits."""
    _set_enabled(endpoint, enabled=False)


@command.command("remove", epilog=examples("webhooks remove 2"))
@click.argument("endpoint", type=ID)
def remove(*, endpoint: int) -> None:
    """Forget an endpoint and its deliveries."""
    with reporting(endpoints.UnknownEndpointError):
        endpoints.remove_endpoint(endpoint)
    say(f"Endpoint {endpoint} removed.")


@command.command("deliveries", epilog=examples("webhooks deliveries --endpoint 2"))
@endpoint_option
@click.option("--state", type=click.Choice(Delivery.State.values), help="Only those in this state.")
@rows_option()
@format_option()
def list_deliveries(*, endpoint: int | None, state: str | None, rows: int, form: str) -> None:
    """List deliveries, also by e-mail, the latest first."""
    deliveries = Delivery.objects.order_by("-pk")
    if endpoint:
        deliveries = deliveries.filter(endpoint=endpoint)
    if state:
        deliveries = deliveries.filter(state=state)
    print_results(form, map(delivery_answer, deliveries[:rows]), DELIVERY_COLUMNS, shown=DELIVERY_SHOWN)


@command.command("replay", epilog=examples("webhooks replay 41 42", "webhooks replay --failed"))
@click.argument("delivery", type=ID, nargs=-1)
@click.option("--failed", is_flag=True, help="All that were given up.")
@endpoint_option
def replay_deliveries(*, delivery: tuple[int, ...], failed: bool, endpoint: int | None) -> None:
    """Send deliveries again: some by their ids, or all that were given up."""
    if bool(delivery) == failed:
        raise CommandError("replay what? Give the ids of deliveries, or --failed for all that were given up")
    deliveries = (
        Delivery.objects.filter(state=Delivery.State.FAILED) if failed else Delivery.objects.filter(pk__in=delivery)
    )
    if endpoint:
        deliveries = deliveries.filter(endpoint=endpoint)
    made_due = replay(deliveries)
    say(f"{made_due} {'delivery is' if made_due == 1 else 'deliveries are'} due again.")


@command.command("send", epilog=examples("webhooks send"))
def send() -> None:
    """Send what is due."""
    sent = deliver_due()
    say(f"{sent.delivered} delivered, {sent.retrying} to be tried again, {sent.failed} given up")


def _set_enabled(endpoint: int, *, enabled: bool) -> None:
    with reporting(endpoints.UnknownEndpointError):
        changed = endpoints.change_endpoint(endpoint, enabled=enabled)
    say(f"Endpoint {changed.pk} {'enabled' if enabled else 'disabled'}.")
