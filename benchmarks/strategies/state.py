"""The state from which each measurement starts."""

from django.db import connection

from benchmarks.strategies.figures import NONE, TRIGGERS_OFF
from wingtel.aggregates import strategies


def start(variant: str) -> strategies.Strategy:
    """Empty the tables under a strategy.

    *No aggregation* is `view`, under which no trigger is on the raw tables.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE wingtel_data_usage_record, wingtel_voice_usage_record, wingtel_daily_usage, "
            "wingtel_monthly_usage, wingtel_lifetime_usage, wingtel_usage_delta"
        )
    name = {NONE: "view", TRIGGERS_OFF: "triggers"}.get(variant, variant)
    strategies.use(name)
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")
    return strategies.named(name)


def switch_triggers(partition: str, *, on: bool) -> None:
    """Enable or disable the triggers of the data records and of one of their partitions."""
    with connection.cursor() as cursor:
        for table in ("wingtel_data_usage_record", partition):
            cursor.execute(f"ALTER TABLE ONLY {table} {'ENABLE' if on else 'DISABLE'} TRIGGER USER")


def assert_exact() -> None:
    """Raise AssertionError unless both views hold what the raw table does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), coalesce(sum(price), 0) FROM wingtel_data_usage_record")
        expected = cursor.fetchone()
        for view in ("usage_daily", "usage_monthly"):
            cursor.execute(f"SELECT coalesce(sum(records), 0), coalesce(sum(price), 0) FROM {view}")
            if (found := cursor.fetchone()) != expected:
                raise AssertionError(f"{view} holds {found}, the raw table {expected}")
