"""Aggregates maintained by the application, from the models' change events, in the transaction of the write."""

from .strategy import SignalsStrategy

STRATEGY = SignalsStrategy()
