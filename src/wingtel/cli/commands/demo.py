"""`wingtel demo`: generate usage, import it, print both answers, then serve and run background work."""

import secrets
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

import click
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from wingtel.access import keys
from wingtel.access.scopes import Scope
from wingtel.cli.commands.serve import port_option, require_free
from wingtel.cli.output import say
from wingtel.cli.parameters import examples, whole_number
from wingtel.embedded import wingtel_home

SEED = 2026
PRICE_LIMIT = "25.00"


@click.command(epilog=examples("demo", "demo --no-serve", "demo --port 8001"))
@click.option("--subscriptions", type=whole_number(1), default=1000, show_default=True, help="How many.")
@click.option("--days", type=whole_number(1), default=30, show_default=True, help="How many days.")
@click.option("--no-serve", is_flag=True, help="End after the answers.")
@port_option
@click.pass_context
def command(ctx: click.Context, *, subscriptions: int, days: int, no_serve: bool, port: int) -> None:
    """Load a realistic month of usage, print the two answers, and serve until interrupted.

    The same usage comes each time: a second demo of a day loads nothing, and gives the same answers.
    """
    if not no_serve:
        require_free("127.0.0.1", port)
    last = timezone.now().date() - timedelta(days=1)
    first = last - timedelta(days=days - 1)
    feed = wingtel_home() / "demo.csv"
    feed.parent.mkdir(parents=True, exist_ok=True)
    _load(ctx, feed, subscriptions, days, last)
    period = f"--from {first} --to {last}"
    _run(ctx, f"exceeding --price-limit {PRICE_LIMIT} {period} --page-size 10")
    _run(ctx, f"metrics {period} --page-size 10")
    if not no_serve:
        _print_login(port)
        _print_key(port)
        _invoke(ctx, "up", "--port", str(port))


def _load(ctx: click.Context, feed: Path, subscriptions: int, days: int, last: date) -> None:
    say(f"Generating {days} days of usage of {subscriptions} subscriptions into {feed} ...")
    size = ("--subscriptions", str(subscriptions), "--days", str(days), "--seed", str(SEED))
    _invoke(ctx, "generate", *size, "--until", str(last), "--output", str(feed))
    _invoke(ctx, "import", str(feed), "--feed", "wingtel", "--create-subscriptions", "--format", "table")


def _run(ctx: click.Context, line: str) -> None:
    """Print a line of the command line and its output."""
    say(f"\nwingtel {line}")
    _invoke(ctx, *line.split(), "--format", "table")


def _invoke(ctx: click.Context, *arguments: str) -> None:
    ctx.find_root().command.main(list(arguments), prog_name="wingtel", standalone_mode=False)


def _print_login(port: int) -> None:
    """Create an administrator of the demo with a new password, since only its hash is stored."""
    password = secrets.token_urlsafe(9)
    user, _ = User.objects.get_or_create(username="demo", defaults={"is_staff": True, "is_superuser": True})
    user.set_password(password)
    user.save()
    say(f"\nAdmin at http://127.0.0.1:{port}/admin/: user demo, password {password}")


def _print_key(port: int) -> None:
    """Create a key of the demo, since only its hash is stored.

    It replaces the key of an earlier demo.
    """
    with suppress(keys.KeyProblemError):
        keys.revoke("demo")
    token = keys.create("demo", scopes=[Scope.ADMIN]).token
    address = f"http://127.0.0.1:{port}{reverse('wingtel_api:exceeding')}?price_limit={PRICE_LIMIT}"
    say(f"With a key:\n\n  curl -H 'Authorization: Bearer {token}' '{address}'\n")
