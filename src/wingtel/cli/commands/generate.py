"""`wingtel generate`: write a feed of demo usage."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import click

from wingtel.cli.errors import CommandError
from wingtel.cli.output import say
from wingtel.cli.parameters import DAY, examples, whole_number
from wingtel.imports.generator import write_feed


@click.command(epilog=examples("generate --subscriptions 1000 --days 30 --seed 1 --output usage.csv"))
@click.option("--subscriptions", type=whole_number(1), default=1000, show_default=True, help="How many.")
@click.option("--days", type=whole_number(1), default=30, show_default=True, help="How many days.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same feed.")
@click.option("--output", type=click.Path(path_type=Path), required=True, metavar="FILE", help="The file to write.")
@click.option("--until", type=DAY, help="The last day, such as 2026-03-31 (default: yesterday, UTC).")
def command(*, subscriptions: int, days: int, seed: int, output: Path, until: date | None) -> None:
    """Write a feed of demo usage in Wingtel's own format."""
    last_day = until or datetime.now(UTC).date() - timedelta(days=1)
    try:
        records = write_feed(output, subscriptions=subscriptions, days=days, seed=seed, last_day=last_day)
    except OSError as error:
        raise CommandError(f"{output}: {error.strerror or error}") from error
    say(f"{records} records of {subscriptions} subscriptions in {output}")
