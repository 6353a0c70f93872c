"""`wingtel webhooks`: manage the endpoints that alerts are posted to, and their deliveries."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from wingtel.management import answering
from wingtel.management.arguments import identity, whole_number
from wingtel.notifications import endpoints, serialization
from wingtel.notifications.address_policy import RejectedAddressError
from wingtel.notifications.delivery import deliver_due, replay
from wingtel.notifications.models import Delivery, WebhookEndpoint
from wingtel.notifications.serialization import Endpoint, delivery_answer, endpoint_answer
from wingtel.shapes import names_of

COLUMNS = names_of(Endpoint, without=("previous_until",))
DELIVERY_COLUMNS = names_of(serialization.Delivery, without=("created_at",))


class Command(BaseCommand):
    help = "List the webhook endpoints; add, enable, disable or remove one; list, send and replay deliveries."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", choices=answering.FORMATS, default="table")
        actions = parser.add_subparsers(dest="action", metavar="ACTION")
        add_parser = actions.add_parser("add", help="post alerts to a URL from now on; shows the secret, once")
        add_parser.add_argument("url")
        add_parser.add_argument("--description", default="")
        for name, meaning in (
            ("enable", "send to an endpoint again"),
            ("disable", "send nothing to an endpoint; what is due waits"),
            ("rotate", "give an endpoint a new secret, shown once; the one before signs for a day more"),
            ("remove", "forget an endpoint and its deliveries"),
        ):
            actions.add_parser(name, help=meaning).add_argument("id", type=identity)
        list_parser = actions.add_parser("deliveries", help="list deliveries, also by e-mail, the latest first")
        replay_parser = actions.add_parser(
            "replay", help="send deliveries again: some by number, or all that were given up"
        )
        replay_parser.add_argument("id", type=identity, nargs="*")
        for each in (list_parser, replay_parser):
            each.add_argument("--endpoint", type=identity, metavar="ID", help="only of this endpoint")
        list_parser.add_argument("--state", choices=Delivery.State.values)
        list_parser.add_argument(
            "--rows", type=whole_number(1), default=1000, metavar="N", help="at most so many (default: 1000)"
        )
        replay_parser.add_argument("--dead", action="store_true", help="all that were given up")
        actions.add_parser("send", help="send what is due")

    def handle(self, *args: Any, **options: Any) -> None:
        action = options["action"] or "list"
        try:
            getattr(self, f"_{action}")(options)
        except (endpoints.UnknownEndpointError, RejectedAddressError) as error:
            raise CommandError(str(error)) from error

    def _list(self, options: dict[str, Any]) -> None:
        results = [endpoint_answer(endpoint) for endpoint in WebhookEndpoint.objects.all()]
        answering.print_results(self.stdout, options["format"], COLUMNS, results)

    def _add(self, options: dict[str, Any]) -> None:
        endpoint = endpoints.add_endpoint(options["url"], description=options["description"])
        self.stdout.write(f"Endpoint {endpoint.pk} added. Its secret, not shown again: {endpoint.secret}")

    def _rotate(self, options: dict[str, Any]) -> None:
        endpoint = endpoints.rotate_secret(options["id"])
        self.stdout.write(
            f"The new secret of endpoint {endpoint.pk}, not shown again: {endpoint.secret}\n"
            f"The one before signs too until {endpoint.previous_until:%Y-%m-%d %H:%M} UTC."
        )

    def _enable(self, options: dict[str, Any]) -> None:
        self.stdout.write(f"Endpoint {endpoints.change_endpoint(options['id'], enabled=True).pk} enabled.")

    def _disable(self, options: dict[str, Any]) -> None:
        self.stdout.write(f"Endpoint {endpoints.change_endpoint(options['id'], enabled=False).pk} disabled.")

    def _remove(self, options: dict[str, Any]) -> None:
        endpoints.remove_endpoint(options["id"])
        self.stdout.write(f"Endpoint {options['id']} removed.")

    def _deliveries(self, options: dict[str, Any]) -> None:
        deliveries = Delivery.objects.order_by("-pk")
        if options["endpoint"]:
            deliveries = deliveries.filter(endpoint=options["endpoint"])
        if options["state"]:
            deliveries = deliveries.filter(state=options["state"])
        results = [delivery_answer(delivery) for delivery in deliveries[: options["rows"]]]
        answering.print_results(self.stdout, options["format"], DELIVERY_COLUMNS, results)

    def _replay(self, options: dict[str, Any]) -> None:
        if bool(options["id"]) == options["dead"]:
            raise CommandError("replay what? Give the numbers of deliveries, or --dead for all that were given up")
        deliveries = Delivery.objects.all()
        if options["dead"]:
            deliveries = deliveries.filter(state=Delivery.State.FAILED)
        else:
            deliveries = deliveries.filter(pk__in=options["id"])
        if options["endpoint"]:
            deliveries = deliveries.filter(endpoint=options["endpoint"])
        made_due = replay(deliveries)
        self.stdout.write(f"{made_due} {'delivery is' if made_due == 1 else 'deliveries are'} due again.")

    def _send(self, options: dict[str, Any]) -> None:
        sent = deliver_due()
        self.stdout.write(f"{sent.delivered} delivered, {sent.retrying} to be tried again, {sent.failed} given up")
