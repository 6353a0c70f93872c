"""Default strategy: PostgreSQL's statement-level triggers keep the aggregates exact at commit."""

from .strategy import TriggersStrategy

STRATEGY = TriggersStrategy()
