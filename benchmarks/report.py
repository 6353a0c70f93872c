"""Tables on the terminal."""

from typing import NamedTuple

from rich.console import Console
from rich.table import Table


class Row(NamedTuple):
    """A row of a comparison: the work, and its results beside each other."""

    work: str
    bare: str
    ours: str
    ratio: str
    note: str


def print_table(title: str, columns: tuple[str, ...], rows: list[Row]) -> None:
    """Print `rows` under `columns`."""
    table = Table(title=title)
    for column in columns:
        table.add_column(column, justify="left" if column == columns[0] else "right")
    for row in rows:
        table.add_row(*row)
    Console(width=150).print(table)
