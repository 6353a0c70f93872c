"""Connections of signals to strategies."""

from wingtel.usage.change_events import records_changed

from .signals.strategy import count_changes


def connect_receivers() -> None:
    """Connect the receivers of all strategies: which strategy runs may change while this process does.

    Writers announce changes only while a strategy has told the database to ask for them.
    """
    records_changed.connect(count_changes)
