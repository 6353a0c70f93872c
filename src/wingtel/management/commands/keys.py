"""`wingtel keys`: create, list and revoke the keys of the API."""

from argparse import ArgumentTypeError
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from wingtel.access import keys
from wingtel.access.models import ApiKey
from wingtel.access.scopes import Scope
from wingtel.management.answering import FORMATS, print_csv, print_json, print_wide_table
from wingtel.management.arguments import whole_number

COLUMNS = ("name", "prefix", "scopes", "carrier", "requests_per_minute", "state", "expires_at", "last_used_at")


class Command(BaseCommand):
    help = "Create, list and revoke the keys of the API."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="create|list|revoke")
        create = actions.add_parser("create", help="Make a key and print it, this once.")
        create.add_argument("name", help="Who will use it.")
        create.add_argument(
            "--scope",
            dest="scopes",
            action="append",
            required=True,
            choices=Scope.values,
            help="What it may do; repeatable. admin includes the others.",
        )
        create.add_argument("--carrier", metavar="CODE", help="Only this carrier's subscriptions.")
        create.add_argument(
            "--expires",
            type=_parse_timestamp,
            metavar="MOMENT",
            help="When it ends: a date (its midnight, UTC) or a moment.",
        )
        create.add_argument(
            "--requests-per-minute",
            type=whole_number(1, 2**31 - 1),
            metavar="N",
            help="Instead of WINGTEL_REQUESTS_PER_MINUTE.",
        )
        listing = actions.add_parser("list", help="List keys, never the secrets, which are not kept.")
        listing.add_argument("--all", action="store_true", help="Those that are revoked or expired too.")
        listing.add_argument("--format", choices=FORMATS, default="table")
        revoke = actions.add_parser("revoke", help="Let a key open nothing any more.")
        revoke.add_argument("key", help="Its name or prefix.")

    def handle(self, *, action: str, **options: Any) -> None:
        try:
            getattr(self, f"_{action}")(**options)
        except keys.KeyProblemError as error:
            raise CommandError(str(error)) from error

    def _create(
        self,
        *,
        name: str,
        scopes: list[str],
        carrier: str | None,
        expires: datetime | None,
        requests_per_minute: int | None,
        **_: Any,
    ) -> None:
        made = keys.create(
            name,
            scopes=list(map(Scope, scopes)),
            carrier=carrier,
            expires_at=expires,
            requests_per_minute=requests_per_minute,
        )
        self.stderr.write(f"{made.key}, {', '.join(made.key.scopes)}. It is shown this once: keep it.")
        self.stdout.write(made.token)

    def _list(self, *, format: str, all: bool, **_: Any) -> None:  # noqa: A002 - the options' own words
        rows = [_as_row(key) for key in ApiKey.objects.all()]
        shown = rows if all else [row for row in rows if row["state"] == "in force"]
        if format == "json":
            print_json(self.stdout, {"results": shown})
        elif format == "csv":
            print_csv(self.stdout, COLUMNS, _cells(shown))
        else:
            print_wide_table(self.stdout, COLUMNS, _cells(shown))

    def _revoke(self, *, key: str, **_: Any) -> None:
        revoked = keys.revoke(key)
        self.stdout.write(f"{revoked} opens nothing any more, in running servers after a few seconds.")


def _parse_timestamp(text: str) -> datetime:
    try:
        timestamp = datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is no date or moment in ISO 8601, such as 2027-01-01") from error
    return timestamp if timestamp.tzinfo else timestamp.replace(tzinfo=UTC)


def _as_row(key: ApiKey) -> dict[str, Any]:
    return {
        "name": key.name,
        "prefix": f"wt_{key.prefix}",
        "scopes": sorted(key.scopes),
        "carrier": key.carrier or None,
        "requests_per_minute": key.requests_per_minute,
        "state": _state(key),
        "expires_at": _text(key.expires_at),
        "last_used_at": _text(key.last_used_at),
    }


def _state(key: ApiKey) -> str:
    if key.revoked_at:
        return "revoked"
    return "expired" if key.expires_at and key.expires_at <= timezone.now() else "in force"


def _text(timestamp: datetime | None) -> str | None:
    return f"{timestamp.astimezone(UTC):%Y-%m-%dT%H:%MZ}" if timestamp else None


def _cells(rows: Iterable[dict[str, Any]]) -> list[list[str]]:
    return [[" ".join(v) if isinstance(v, list) else str(v or "") for v in row.values()] for row in rows]
