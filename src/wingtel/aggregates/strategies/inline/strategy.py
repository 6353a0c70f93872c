"""Aggregates maintained by ingestion itself, in the transaction that stores the records."""

from wingtel.aggregates import stored
from wingtel.aggregates.strategies.base import Strategy


class InlineStrategy(Strategy):
    """Plain set-based SQL that adds what `ingest_usage` stores. Other writes are not counted: rebuild their days."""

    name = "inline"
    counts_models = False
    counts_sql = False
    count_recorded = stored.COUNT_RECORDED
    count_many_recorded = stored.COUNT_MANY_RECORDED
