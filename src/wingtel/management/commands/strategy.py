"""`wingtel strategy`: show the strategy that keeps the aggregates, or choose another."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.table import Table

from wingtel.aggregates import strategies
from wingtel.aggregates.models import ActiveStrategy
from wingtel.management.arguments import seconds
from wingtel.management.progress import rebuilding


class Command(BaseCommand):
    help = "Show the strategy that keeps the aggregates, or use another one from now on."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", metavar="use")
        use = actions.add_parser(
            "use",
            help="Install a strategy, rebuild the aggregates, and swap it for the active one, in one transaction.",
        )
        use.add_argument("name", choices=strategies.NAMES)
        use.add_argument(
            "--patience",
            type=seconds,
            default=strategies.LOCK_RETRY_SECONDS,
            metavar="SECONDS",
            help="How long to wait for other sessions to let go of the usage tables (default: %(default)g).",
        )

    def handle(self, *, action: str | None, name: str = "", patience: float = 0, **_: Any) -> None:
        if action == "use":
            self._use(name, patience)
        else:
            self._show()

    def _use(self, name: str, patience: float) -> None:
        with rebuilding() as progress:
            try:
                changed = strategies.use(name, progress=progress, timeout=patience)
            except strategies.SwitchRejectedError as error:
                raise CommandError(str(error)) from error
        if changed:
            self.stdout.write(f"{name} keeps the aggregates from now on.")
        else:
            self.stdout.write(f"{name} keeps the aggregates already: nothing to do.")

    def _show(self) -> None:
        active = ActiveStrategy.objects.get()
        table = Table(title=f"{active.name}, since {active.since:%Y-%m-%d %H:%M:%S %Z}", title_justify="left")
        for column in ("strategy", "ingest_usage", "models", "SQL and COPY", "answers come from", "to merge"):
            table.add_column(column)
        for name in strategies.NAMES:
            style = "bold" if name == active.name else None
            table.add_row(name, "counted", *_capabilities(strategies.named(name)), style=style)
        width = None if self.stdout.isatty() else 110
        Console(file=self.stdout, width=width).print(table)  # type: ignore[arg-type] # writes like a file
        self._show_state(strategies.named(active.name))

    def _show_state(self, strategy: strategies.Strategy) -> None:
        problems = strategies.problems()
        if strategies.outdated():
            problems.append("it was installed by another version of Wingtel: run `wingtel migrate`")
        for state in problems or ["installed"]:
            self.stdout.write(f"state: {state}")
        backlog = strategy.backlog()
        pending = f"{backlog.records} records wait for `wingtel merge`; answers count them in"
        oldest = f", the oldest since {backlog.since:%Y-%m-%d %H:%M:%S %Z}" if backlog.since else ""
        self.stdout.write(f"backlog: {pending}{oldest}" if backlog.records else "backlog: none")


def _capabilities(strategy: strategies.Strategy) -> tuple[str, str, str, str]:
    return (
        "counted" if strategy.counts_models else "not counted",
        "counted" if strategy.counts_sql else "not counted",
        ("stored aggregates" + (" and deltas" if strategy.has_deltas else "")) if strategy.stores else "raw records",
        "yes" if strategy.has_deltas else "no",
    )
