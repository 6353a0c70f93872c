"""Wingtel: usage aggregates segmented by date, exact under every kind of write."""

__version__ = "0.1.0"
