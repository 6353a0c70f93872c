"""`wingtel keys`: create, list and revoke the keys of the API."""

from datetime import UTC, datetime
from typing import Any

import click
from django.utils import timezone

from wingtel.access import keys
from wingtel.access.models import ApiKey
from wingtel.access.scopes import Scope
from wingtel.cli.errors import reporting
from wingtel.cli.output import note, print_results, say
from wingtel.cli.parameters import Parsed, examples, format_option, whole_number

COLUMNS = ("name", "prefix", "scopes", "carrier", "requests_per_minute", "state", "expires_at", "last_used_at")
SHOWN = ("name", "prefix", "scopes", "carrier", "state", "last_used_at")


def _parse_expiry(text: str) -> datetime:
    timestamp = datetime.fromisoformat(text)
    return timestamp if timestamp.tzinfo else timestamp.replace(tzinfo=UTC)


EXPIRY = Parsed(_parse_expiry, "a date or timestamp in ISO 8601, such as 2027-01-01", name="timestamp")


@click.group()
def command() -> None:
    """Create, list and revoke the keys of the API."""


@command.command(
    "create",
    epilog=examples(
        "keys create billing --scope read", "keys create loader --scope ingest --carrier att --expires 2027-12-31"
    ),
)
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice(Scope.values),
    help="What it may do; repeatable. admin includes the others.",
)
@click.option("--carrier", metavar="CODE", help="Only this carrier's subscriptions.")
@click.option("--expires", "expires_at", type=EXPIRY, help="When it ends: a date (its midnight, UTC) or a timestamp.")
@click.option("--requests-per-minute", type=whole_number(1, 2**31 - 1), help="Instead of WINGTEL_REQUESTS_PER_MINUTE.")
def create(*, name: str, scopes: tuple[str, ...], **terms: Any) -> None:
    """Make a key and print it, this once. NAME says who will use it."""
    with reporting(keys.KeyProblemError):
        made = keys.create(name, scopes=list(map(Scope, scopes)), **terms)
    note(f"{made.key}, {', '.join(made.key.scopes)}. It is shown this once: keep it.")
    say(made.token)


@command.command("list", epilog=examples("keys list", "keys list --all --format json"))
@click.option("--all", "with_ended", is_flag=True, help="Those that are revoked or expired too.")
@format_option()
def list_keys(*, with_ended: bool, form: str) -> None:
    """List keys, never the secrets, which are not kept."""
    rows = [_as_row(key) for key in ApiKey.objects.all()]
    print_results(form, [row for row in rows if with_ended or row["state"] == "in force"], COLUMNS, shown=SHOWN)


@command.command("revoke", epilog=examples("keys revoke billing"))
@click.argument("key")
def revoke(*, key: str) -> None:
    """Let KEY (its name or prefix) open nothing any more."""
    with reporting(keys.KeyProblemError):
        revoked = keys.revoke(key)
    say(f"{revoked} opens nothing any more, in running servers after a few seconds.")


def _as_row(key: ApiKey) -> dict[str, Any]:
    return {
        "name": key.name,
        "prefix": f"wt_{key.prefix}",
        "scopes": sorted(key.scopes),
        "carrier": key.carrier or None,
        "requests_per_minute": key.requests_per_minute,
        "state": _state(key),
        "expires_at": key.expires_at,
        "last_used_at": key.last_used_at,
    }


def _state(key: ApiKey) -> str:
    if key.revoked_at:
        return "revoked"
    return "expired" if key.expires_at and key.expires_at <= timezone.now() else "in force"
