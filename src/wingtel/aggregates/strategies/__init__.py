"""The interchangeable ways to keep the aggregates. One folder each; nothing else names one."""

from .base import Strategy, active, ensure_installed, named, outdated
from .receivers import connect_receivers

__all__ = ["Strategy", "active", "connect_receivers", "ensure_installed", "named", "outdated"]
