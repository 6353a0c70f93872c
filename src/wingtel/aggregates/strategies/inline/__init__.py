"""The recording service counts what it records, with plain SQL: no trigger, no signal."""

from .strategy import InlineStrategy

STRATEGY = InlineStrategy()
