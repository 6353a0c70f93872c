"""Appended deltas, merged into the stored aggregates later; answers are exact at every moment."""

from .strategy import IncrementalStrategy

STRATEGY = IncrementalStrategy()
