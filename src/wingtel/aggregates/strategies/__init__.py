"""Interchangeable ways to keep the aggregates, and which of them runs."""

from wingtel.usage.waiting import PATIENCE_SECONDS

from .base import NAMES, Backlog, Strategy, active, named
from .drift import problems, surplus
from .installing import define_functions, ensure_installed, outdated
from .receivers import connect_receivers
from .switching import SwitchRefusedError, use

__all__ = [
    "NAMES",
    "PATIENCE_SECONDS",
    "Backlog",
    "Strategy",
    "SwitchRefusedError",
    "active",
    "connect_receivers",
    "define_functions",
    "ensure_installed",
    "named",
    "outdated",
    "problems",
    "surplus",
    "use",
]
