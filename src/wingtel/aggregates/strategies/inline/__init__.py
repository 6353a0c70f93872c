"""Ingestion counts what it stores, with plain SQL: no trigger, no signal."""

from .strategy import InlineStrategy

STRATEGY = InlineStrategy()
