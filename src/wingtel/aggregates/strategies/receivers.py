"""Connections of signals to strategies."""

from wingtel.usage.change_events import records_changed

from .signals.strategy import count_changes


def connect_receivers() -> None:
    """Connect the receivers of all strategies, since the active one may change while this process runs.

    Writers emit change events only while a strategy has enabled them in the database.
    """
    records_changed.connect(count_changes)
