"""`wingtel strategy`: show the strategy that keeps the aggregates, choose another, or merge pending deltas."""

import time
from collections.abc import Iterator
from typing import Any

import click

from wingtel.aggregates import strategies
from wingtel.aggregates.models import ActiveStrategy
from wingtel.aggregates.serialization import timestamp
from wingtel.cli.errors import reporting
from wingtel.cli.output import Form, print_results, print_table, say
from wingtel.cli.parameters import SECONDS, examples, format_option
from wingtel.cli.progress import rebuilding

COLUMNS = ("strategy", "active", "ingest_usage", "models", "sql_and_copy", "answers_come_from", "to_merge")


@click.group()
def command() -> None:
    """Show the strategy that keeps the aggregates, use another, or merge pending deltas."""


@command.command("show", epilog=examples("strategy show"))
@format_option()
def show(*, form: str) -> None:
    """Show the active strategy, its state, and what each strategy counts."""
    active = ActiveStrategy.objects.get()
    rows = [_capabilities(strategies.named(name), is_active=name == active.name) for name in strategies.NAMES]
    if form != Form.TABLE:
        print_results(form, rows, COLUMNS)
        return
    say(f"{active.name}, since {timestamp(active.since)}")
    shown = ("strategy", "ingest_usage", "models", "sql_and_copy", "answers_come_from")
    print_table(rows, shown)
    for line in _state(strategies.named(active.name)):
        say(line)


@command.command("use", epilog=examples("strategy use incremental"))
@click.argument("name", type=click.Choice(strategies.NAMES))
@click.option(
    "--patience",
    type=SECONDS,
    default=strategies.LOCK_RETRY_SECONDS,
    show_default=True,
    help="How long to wait for other sessions to let go of the usage tables.",
)
def use(*, name: str, patience: float) -> None:
    """Install a strategy, rebuild the aggregates, and swap it for the active one, in one transaction."""
    with rebuilding() as progress, reporting(strategies.SwitchRejectedError):
        changed = strategies.use(name, progress=progress, timeout=patience)
    say(f"{name} keeps the aggregates {'from now on.' if changed else 'already: nothing to do.'}")


@command.command("merge", epilog=examples("strategy merge", "strategy merge --every 5"))
@click.option("--every", type=SECONDS, help="Merge again and again, with this pause, until interrupted.")
def merge(*, every: float | None) -> None:
    """Merge the pending deltas of writers into the stored aggregates. Writers and readers go on meanwhile."""
    _merge()
    while every:
        time.sleep(every)
        _merge()


def _merge() -> None:
    strategy = strategies.active()
    if strategy is None or not strategy.has_deltas:
        say(f"{strategy.name if strategy else 'No strategy'} has no deltas: nothing to merge.")
        return
    merged = strategy.merge()
    if merged is None:
        say("Nothing merged: another session merges, or has locked what is to be changed.")
    else:
        say(f"{merged} records merged.")


def _state(strategy: strategies.Strategy) -> Iterator[str]:
    problems = strategies.problems()
    if strategies.outdated():
        problems.append("it was installed by another version of Wingtel: run `wingtel manage migrate`")
    for state in problems or ["installed"]:
        yield f"state: {state}"
    backlog = strategy.backlog()
    pending = f"{backlog.records} records wait for `wingtel strategy merge`; answers count them in"
    oldest = f", the oldest since {timestamp(backlog.since)}" if backlog.since else ""
    yield f"backlog: {pending}{oldest}" if backlog.records else "backlog: none"


def _capabilities(strategy: strategies.Strategy, *, is_active: bool) -> dict[str, Any]:
    stored = "tables and deltas" if strategy.has_deltas else "tables"
    return {
        "strategy": strategy.name,
        "active": is_active,
        "ingest_usage": "counted",
        "models": "counted" if strategy.counts_models else "not counted",
        "sql_and_copy": "counted" if strategy.counts_sql else "not counted",
        "answers_come_from": stored if strategy.stores else "raw records",
        "to_merge": strategy.has_deltas,
    }
