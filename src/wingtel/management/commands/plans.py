"""`wingtel plans`: list and change the plans of a subscription."""

from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import F
from django.utils import timezone

from wingtel.management.answering import FORMATS, print_rows
from wingtel.management.arguments import identity, timestamp
from wingtel.subscriptions import assignments
from wingtel.subscriptions.models import Plan, SubscriptionPlan

COLUMNS = ("plan", "valid_from", "valid_to")


class Command(BaseCommand):
    help = "List the plans that a subscription has had, and change its plan from a timestamp on."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="list|change")
        listing = actions.add_parser("list", help="List the plans of a subscription, former ones too.")
        listing.add_argument("subscription", type=identity, metavar="SUBSCRIPTION")
        listing.add_argument("--format", choices=FORMATS, default="table")
        change = actions.add_parser("change", help="Give a subscription another plan, or none.")
        change.add_argument("subscription", type=identity, metavar="SUBSCRIPTION")
        change.add_argument("plan", metavar="PLAN", help="The name of the plan; an empty text for none.")
        change.add_argument(
            "--from", dest="valid_from", type=timestamp, metavar="TIMESTAMP", help="May lie in the past. Default: now."
        )
        change.add_argument("--to", dest="valid_to", type=timestamp, metavar="TIMESTAMP", help="Default: for good.")

    def handle(self, *, action: str, **options: Any) -> None:
        try:
            getattr(self, f"_{action}")(**options)
        except assignments.AssignmentError as error:
            raise CommandError(str(error)) from error

    def _list(self, *, subscription: int, format: str, **_: Any) -> None:  # noqa: A002 - the option's own word
        print_rows(self.stdout, _plans(subscription), COLUMNS, format)

    def _change(
        self, *, subscription: int, plan: str, valid_from: datetime | None, valid_to: datetime | None, **_: Any
    ) -> None:
        new_plan = Plan.objects.filter(name=plan).first()
        if plan and new_plan is None:
            raise CommandError(f"there is no plan {plan!r}; the plans are {', '.join(_names()) or 'none'}")
        assignments.change_plan(
            subscription, new_plan.pk if new_plan else None, valid_from=valid_from or timezone.now(), valid_to=valid_to
        )
        for row in _plans(subscription):
            begins, ends = row["valid_from"] or "the beginning", row["valid_to"] or "further notice"
            self.stdout.write(f"{row['plan']}: from {begins} until {ends}")


def _plans(subscription: int) -> list[dict[str, Any]]:
    plans = SubscriptionPlan.objects.filter(subscription=subscription)
    ordered = plans.order_by(F("valid_from").asc(nulls_first=True))
    return [dict(zip(COLUMNS, row, strict=True)) for row in ordered.values_list("plan__name", "valid_from", "valid_to")]


def _names() -> list[str]:
    return list(Plan.objects.order_by("name").values_list("name", flat=True))
