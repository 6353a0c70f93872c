"""Interchangeable ways to keep the aggregates, and which of them runs."""

from .base import NAMES, Lag, Strategy, active, named
from .drift import problems
from .installing import ensure_installed, outdated
from .switching import PATIENCE_SECONDS, SwitchRefusedError, use

__all__ = [
    "NAMES",
    "PATIENCE_SECONDS",
    "Lag",
    "Strategy",
    "SwitchRefusedError",
    "active",
    "ensure_installed",
    "named",
    "outdated",
    "problems",
    "use",
]
