"""Aggregates kept by the application: what the models' querysets announce is added in the same transaction."""

from .strategy import SignalsStrategy

STRATEGY = SignalsStrategy()
