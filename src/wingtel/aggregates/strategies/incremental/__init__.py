"""Appended deltas, merged into the stored aggregates later; answers are exact at any time."""

from .strategy import IncrementalStrategy

STRATEGY = IncrementalStrategy()
