"""`wingtel demo`: generate usage, import it, print both answers, then serve and run background work."""

import secrets
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.urls import reverse
from django.utils import timezone

from wingtel.access import keys
from wingtel.access.scopes import Scope
from wingtel.embedded import wingtel_home
from wingtel.management.arguments import whole_number

SEED = 2026
PRICE_LIMIT = "25.00"


class Command(BaseCommand):
    help = "Load a realistic month of usage, print the two answers, and serve until interrupted."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--subscriptions", type=whole_number(1), default=1000)
        parser.add_argument("--days", type=whole_number(1), default=30)
        parser.add_argument("--no-serve", action="store_true", help="End after the answers.")

    def handle(self, *, subscriptions: int, days: int, no_serve: bool, **_: Any) -> None:
        last = timezone.now().date() - timedelta(days=1)
        feed = wingtel_home() / "demo.csv"
        feed.parent.mkdir(parents=True, exist_ok=True)
        self._load(feed, subscriptions, days, last)
        self._answer(last - timedelta(days=days - 1), last)
        if not no_serve:
            self._print_login()
            self._print_key()
            call_command("up")

    def _load(self, feed: Path, subscriptions: int, days: int, last: date) -> None:
        self.stdout.write(f"Generating {days} days of usage of {subscriptions} subscriptions into {feed} ...")
        call_command(
            "generate",
            *("--subscriptions", str(subscriptions), "--days", str(days), "--seed", str(SEED)),
            *("--until", str(last), "--output", str(feed)),
            stdout=self.stdout,
        )
        call_command("import", str(feed), "--feed", "wingtel", "--create-subscriptions", stdout=self.stdout)

    def _answer(self, first: date, last: date) -> None:
        self.stdout.write(f"\nwingtel exceeding --price-limit {PRICE_LIMIT} --page-size 10")
        call_command("exceeding", "--price-limit", PRICE_LIMIT, "--page-size", "10", stdout=self.stdout)
        period = ("--from", str(first), "--to", str(last))
        self.stdout.write(f"\nwingtel metrics {' '.join(period)} --page-size 10")
        call_command("metrics", *period, "--page-size", "10", stdout=self.stdout)

    def _print_login(self) -> None:
        """Create an administrator of the demo with a new password, since only its hash is stored."""
        password = secrets.token_urlsafe(9)
        user, _ = User.objects.get_or_create(username="demo", defaults={"is_staff": True, "is_superuser": True})
        user.set_password(password)
        user.save()
        self.stdout.write(f"\nAdmin at http://127.0.0.1:8000/admin/: user demo, password {password}")

    def _print_key(self) -> None:
        """Create a key of the demo, since only its hash is stored.

        It replaces the key of an earlier demo.
        """
        with suppress(keys.KeyProblemError):
            keys.revoke("demo")
        token = keys.create("demo", scopes=[Scope.ADMIN]).token
        address = f"http://127.0.0.1:8000{reverse('wingtel_api:exceeding')}?price_limit={PRICE_LIMIT}"
        self.stdout.write(f"With a key:\n\n  curl -H 'Authorization: Bearer {token}' '{address}'\n")
