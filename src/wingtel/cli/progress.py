"""The progress bar of commands that work through days."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn


@contextmanager
def rebuilding() -> Iterator[Callable[[int, int], None]]:
    """Show the bar on standard error during the block.

    Yield a function that takes how many days are done, of how many.
    """
    bar = Progress(
        *(TextColumn("Rebuilding"), BarColumn(), MofNCompleteColumn(), TextColumn("days")),
        *(TimeElapsedColumn(), TimeRemainingColumn()),
        console=Console(stderr=True),
        transient=True,
    )
    with bar:
        task = bar.add_task("rebuild", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
