"""The interchangeable ways to keep the aggregates. One folder each; nothing else names one."""

from .base import Strategy, active, ensure_installed, named, outdated

__all__ = ["Strategy", "active", "ensure_installed", "named", "outdated"]
