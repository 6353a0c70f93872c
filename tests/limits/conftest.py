"""Limits are tested under every strategy in turn, as the strategies themselves are."""

from tests.conformance.conftest import monitor

__all__ = ["monitor"]
