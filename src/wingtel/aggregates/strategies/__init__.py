"""Interchangeable strategies that maintain the aggregates, and the active one."""

from wingtel.db.retry import LOCK_RETRY_SECONDS

from .base import NAMES, Backlog, Strategy, active, named
from .drift import problems, surplus
from .installation import define_functions, ensure_installed, outdated
from .receivers import connect_receivers
from .switchover import SwitchRejectedError, use

__all__ = [
    "LOCK_RETRY_SECONDS",
    "NAMES",
    "Backlog",
    "Strategy",
    "SwitchRejectedError",
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
