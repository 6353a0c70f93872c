"""No stored aggregates: answers are computed from the raw records on reading."""

from .strategy import ViewStrategy

STRATEGY = ViewStrategy()
