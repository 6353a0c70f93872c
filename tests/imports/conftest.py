"""Imports under every strategy in turn."""

from tests.conformance.conftest import strategy

__all__ = ["strategy"]
