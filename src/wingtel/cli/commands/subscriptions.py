"""`wingtel subscriptions`: list and add subscriptions, and change their identifiers and plans."""

from datetime import UTC, datetime
from typing import Any

import click
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from wingtel.aggregates.serialization import timestamp
from wingtel.aggregates.validation import CARRIER
from wingtel.cli.errors import reporting
from wingtel.cli.output import print_one, print_results, say
from wingtel.cli.parameters import (
    ID,
    PLAN,
    SUBSCRIPTION,
    TIMESTAMP,
    Parsed,
    examples,
    format_option,
    parameter_option,
    rows_option,
)
from wingtel.subscriptions import assignments
from wingtel.subscriptions.identifiers import Kind
from wingtel.subscriptions.models import COLUMNS, Subscription, SubscriptionIdentifier, SubscriptionPlan

MEMBERS = (
    *("id", "carrier", "status", "plan", *COLUMNS.values()),
    *("phone_model", "network_type", "sprint_id", "effective_date", "created_at", "updated_at", "deleted_at"),
)
SHOWN = ("id", "carrier", "status", "plan", "phone_number", "external_id")
IDENTIFIERS = ("id", "subscription_id", "kind", "value", "valid_from", "valid_to")
IDENTIFIERS_SHOWN = ("id", "kind", "value", "valid_from", "valid_to")
PLANS = ("plan", "valid_from", "valid_to")

IDENTIFIER_ID = "IDENTIFIER is its id, as `subscriptions identifiers` shows it."
at_option = click.option("--at", type=TIMESTAMP, help="Default: now.")
from_option = click.option("--from", "valid_from", type=TIMESTAMP, help="May lie in the past. Default: now.")
to_option = click.option("--to", "valid_to", type=TIMESTAMP, help="Default: for good.")


@click.group()
def command() -> None:
    """List and add subscriptions, and change their identifiers and plans, each from a timestamp on.

    SUBSCRIPTION is an id, or a phone number, such as 7 or +12025550100.
    """


@command.command("list", epilog=examples("subscriptions list --carrier att --plan Gold"))
@parameter_option(CARRIER)
@click.option("--plan", type=PLAN, help="Only those whose current plan has this name or id.")
@click.option("--status", type=click.Choice(Subscription.Status.values), help="Only those with this status.")
@click.option("--deleted", is_flag=True, help="Deleted ones too.")
@rows_option()
@format_option()
def list_subscriptions(
    *, carrier: str | None, plan: int | None, status: str | None, deleted: bool, rows: int, form: str
) -> None:
    """List the subscriptions, with their current identifiers and plan."""
    subscriptions = Subscription.objects.all() if deleted else Subscription.objects.current()
    filters = {"carrier": carrier, "plan": plan, "status": status}
    found = subscriptions.filter(**{name: value for name, value in filters.items() if value})
    print_results(form, found.order_by("pk").values(*MEMBERS)[:rows], MEMBERS, shown=SHOWN)


@command.command("show", epilog=examples("subscriptions show +12025550100"))
@click.argument("subscription", type=SUBSCRIPTION)
@format_option()
def show(*, subscription: int, form: str) -> None:
    """Show a subscription, with its current identifiers and plan."""
    print_one(form, Subscription.objects.values(*MEMBERS).get(pk=subscription))


@command.command("add", epilog=examples("subscriptions add --carrier att --phone-number +12025550100 --plan Gold"))
@parameter_option(CARRIER, required=True, help="The code of its carrier, which cannot be changed.")
@click.option("--phone-number", default="", help="A number without calling code is of the carrier's country.")
@click.option("--imsi", default="", help="The IMSI of its SIM card.")
@click.option("--iccid", default="", help="The ICCID of its SIM card.")
@click.option("--device-id", default="", help="The id of its device.")
@click.option("--external-id", default="", help="The reference of another system.")
@click.option("--plan", type=PLAN, help="The name or id of its plan.")
@click.option(
    "--status", type=click.Choice(Subscription.Status.values), default=Subscription.Status.NEW.value, help="Its status."
)
def add(*, carrier: str, plan: int | None, status: str, **identifiers: str) -> None:
    """Add a subscription, with its identifiers and plan from now on."""
    now = timezone.now()
    with reporting(assignments.AssignmentError), transaction.atomic():
        subscription = Subscription.objects.create(carrier=carrier, status=status)
        for kind, column in COLUMNS.items():
            if identifiers[column]:
                assignments.assign_identifier(subscription.pk, kind, identifiers[column], valid_from=now)
        if plan:
            assignments.change_plan(subscription.pk, plan, valid_from=now)
    subscription.refresh_from_db()
    say(f"Subscription {subscription.pk}: {subscription}")


@command.command("identifiers", epilog=examples("subscriptions identifiers 7"))
@click.argument("subscription", type=SUBSCRIPTION)
@format_option()
def list_identifiers(*, subscription: int, form: str) -> None:
    """List the identifiers of a subscription, former ones too."""
    identifiers = SubscriptionIdentifier.objects.filter(subscription=subscription)
    rows = identifiers.order_by("kind", F("valid_from").asc(nulls_first=True)).values(*IDENTIFIERS)
    print_results(form, rows, IDENTIFIERS, shown=IDENTIFIERS_SHOWN)


@command.command(
    "assign",
    epilog=examples(
        "subscriptions assign 7 imsi 310150123456789",
        "subscriptions assign 7 msisdn +12025550101 --from 2026-12-01 --replaces 12",
    ),
)
@click.argument("subscription", type=SUBSCRIPTION)
@click.argument("kind", type=click.Choice(Kind.values))
@click.argument("value")
@from_option
@to_option
@click.option(
    "--replaces",
    type=ID,
    help="The identifier that ends when this one begins: a change of number, or of SIM card.",
)
def assign(*, subscription: int, kind: str, value: str, **terms: Any) -> None:
    """Assign an identifier to a subscription.

    VALUE comes in any form; numbers without calling code are of the carrier's country.
    """
    terms["valid_from"] = terms["valid_from"] or timezone.now()
    with reporting(assignments.AssignmentError):
        say(_describe(assignments.assign_identifier(subscription, Kind(kind), value, **terms)))


@command.command(
    "move",
    help=f"Move an identifier to another subscription.\n\n{IDENTIFIER_ID}",
    epilog=examples("subscriptions move 12 --to 8"),
)
@click.argument("identifier", type=ID)
@click.option("--to", type=SUBSCRIPTION, required=True, help="The other subscription.")
@at_option
def move(*, identifier: int, to: int, at: datetime | None) -> None:
    with reporting(assignments.AssignmentError):
        say(_describe(assignments.move_identifier(identifier, to=to, at=at or timezone.now())))


@command.command(
    "end", help=f"End an identifier.\n\n{IDENTIFIER_ID}", epilog=examples("subscriptions end 12 --at 2026-12-01")
)
@click.argument("identifier", type=ID)
@at_option
def end(*, identifier: int, at: datetime | None) -> None:
    with reporting(assignments.AssignmentError):
        ended = assignments.end_identifier(identifier, at=at or timezone.now())
    say(_describe(ended) if ended else f"{identifier} had not begun, and is gone.")


@command.command("refresh", epilog=examples("subscriptions refresh"))
def refresh() -> None:
    """Show what follows identifiers and plans that ended as planned."""
    changed = assignments.refresh_current(since=datetime(1970, 1, 1, tzinfo=UTC))
    say(f"Subscriptions that show others now: {changed}")


@command.command("plans", epilog=examples("subscriptions plans 7"))
@click.argument("subscription", type=SUBSCRIPTION)
@format_option()
def list_plans(*, subscription: int, form: str) -> None:
    """List the plans of a subscription, former ones too."""
    print_results(form, _plans(subscription), PLANS)


@command.command("change-plan", epilog=examples("subscriptions change-plan 7 Gold --from 2026-12-01"))
@click.argument("subscription", type=SUBSCRIPTION)
@click.argument("plan", type=Parsed(lambda text: PLAN.parse(text) if text else 0, PLAN.rule, name="plan"))
@from_option
@to_option
def change_plan(*, subscription: int, plan: int, **terms: Any) -> None:
    """Give a subscription another PLAN (its name or id), or none (an empty text)."""
    terms["valid_from"] = terms["valid_from"] or timezone.now()
    with reporting(assignments.AssignmentError):
        assignments.change_plan(subscription, plan or None, **terms)
    for row in _plans(subscription):
        begins = timestamp(row["valid_from"]) if row["valid_from"] else "the beginning"
        ends = timestamp(row["valid_to"]) if row["valid_to"] else "further notice"
        say(f"{row['plan']}: from {begins} until {ends}")


def _plans(subscription: int) -> list[dict[str, Any]]:
    plans = SubscriptionPlan.objects.filter(subscription=subscription)
    ordered = plans.order_by(F("valid_from").asc(nulls_first=True))
    return [dict(zip(PLANS, row, strict=True)) for row in ordered.values_list("plan__name", "valid_from", "valid_to")]


def _describe(identifier: SubscriptionIdentifier) -> str:
    begins = f" from {timestamp(identifier.valid_from)}" if identifier.valid_from else ""
    ends = f" until {timestamp(identifier.valid_to)}" if identifier.valid_to else ""
    return f"{identifier.pk}: {identifier} of subscription {identifier.subscription_id}{begins}{ends}."
