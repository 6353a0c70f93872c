"""`wingtel identifiers`: list and change the numbers, SIM cards and other identifiers of subscriptions."""

from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import F
from django.utils import timezone

from wingtel.management.answering import FORMATS, print_rows
from wingtel.management.arguments import identity, timestamp
from wingtel.subscriptions import assignments
from wingtel.subscriptions.identifiers import Kind
from wingtel.subscriptions.models import SubscriptionIdentifier

COLUMNS = ("id", "subscription_id", "kind", "value", "valid_from", "valid_to")


class Command(BaseCommand):
    help = "List, assign, move and end the identifiers by which usage records name subscriptions."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="list|assign|move|end|refresh")
        listing = actions.add_parser("list", help="List the identifiers of a subscription, former ones too.")
        listing.add_argument("subscription", type=identity, metavar="SUBSCRIPTION")
        listing.add_argument("--format", choices=FORMATS, default="table")
        assign = actions.add_parser("assign", help="Assign an identifier to a subscription.")
        assign.add_argument("subscription", type=identity, metavar="SUBSCRIPTION")
        assign.add_argument("kind", choices=Kind.values)
        assign.add_argument("value", help="In any form; numbers without calling code are of the carrier's country.")
        assign.add_argument("--from", dest="valid_from", type=timestamp, metavar="TIMESTAMP", help="Default: now.")
        assign.add_argument("--to", dest="valid_to", type=timestamp, metavar="TIMESTAMP", help="Default: for good.")
        assign.add_argument(
            "--replaces",
            type=identity,
            metavar="ID",
            help="The identifier that ends when this one begins: a change of number, or of SIM card.",
        )
        move = actions.add_parser("move", help="Move an identifier to another subscription.")
        move.add_argument("identifier", type=identity, metavar="ID", help="Its id, as `identifiers list` shows it.")
        move.add_argument("--to", dest="to", type=identity, required=True, metavar="SUBSCRIPTION")
        move.add_argument("--at", type=timestamp, metavar="TIMESTAMP", help="Default: now.")
        end = actions.add_parser("end", help="End an identifier.")
        end.add_argument("identifier", type=identity, metavar="ID", help="Its id, as `identifiers list` shows it.")
        end.add_argument("--at", type=timestamp, metavar="TIMESTAMP", help="Default: now.")

        actions.add_parser("refresh", help="Show what follows identifiers and plans that ended as planned.")

    def handle(self, *, action: str, **options: Any) -> None:
        try:
            getattr(self, f"_{action}")(**options)
        except assignments.AssignmentError as error:
            raise CommandError(str(error)) from error

    def _list(self, *, subscription: int, format: str, **_: Any) -> None:  # noqa: A002 - the option's own word
        identifiers = SubscriptionIdentifier.objects.filter(subscription=subscription)
        rows = identifiers.order_by("kind", F("valid_from").asc(nulls_first=True)).values(*COLUMNS)
        print_rows(self.stdout, rows, COLUMNS, format)

    def _assign(
        self,
        *,
        subscription: int,
        kind: str,
        value: str,
        valid_from: datetime | None,
        valid_to: datetime | None,
        replaces: int | None,
        **_: Any,
    ) -> None:
        assigned = assignments.assign_identifier(
            subscription,
            Kind(kind),
            value,
            valid_from=valid_from or timezone.now(),
            valid_to=valid_to,
            replaces=replaces,
        )
        self.stdout.write(_describe(assigned))

    def _move(self, *, identifier: int, to: int, at: datetime | None, **_: Any) -> None:
        self.stdout.write(_describe(assignments.move_identifier(identifier, to=to, at=at or timezone.now())))

    def _end(self, *, identifier: int, at: datetime | None, **_: Any) -> None:
        ended = assignments.end_identifier(identifier, at=at or timezone.now())
        self.stdout.write(_describe(ended) if ended else f"{identifier} had not begun, and is gone.")

    def _refresh(self, **_: Any) -> None:
        changed = assignments.refresh_current(since=datetime(1970, 1, 1, tzinfo=UTC))
        self.stdout.write(f"Subscriptions that show others now: {changed}")


def _describe(identifier: SubscriptionIdentifier) -> str:
    begins = f" from {identifier.valid_from}" if identifier.valid_from else ""
    ends = f" until {identifier.valid_to}" if identifier.valid_to else ""
    return f"{identifier.pk}: {identifier} of subscription {identifier.subscription_id}{begins}{ends}."
