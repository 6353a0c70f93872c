"""Stored usage, read from the views and from the raw tables."""

from typing import Any

from django.db import connection

from wingtel.imports.service import ImportSummary

NAME = "coalesce(nullif(phone_number, ''), external_id)"
"""The identifier of the tests' subscriptions: the phone number or the external id."""


def rows(query: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def daily() -> list[tuple[Any, ...]]:
    """Return the identifier, usage type, day, used, price and records of each row of usage_daily."""
    return rows(
        f"SELECT {NAME}, usage_type, day, used, price, records FROM usage_daily "
        "JOIN wingtel_subscription AS subscription ON subscription.id = subscription_id ORDER BY 1, 2, 3"
    )


def monthly() -> list[tuple[Any, ...]]:
    """Return the identifier, usage type, month, used, price and records of each row of usage_monthly."""
    return rows(
        f"SELECT {NAME}, usage_type, month, used, price, records FROM usage_monthly "
        "JOIN wingtel_subscription AS subscription ON subscription.id = subscription_id ORDER BY 1, 2, 3"
    )


def records() -> list[tuple[Any, ...]]:
    """Return the reference, timestamp in UTC, identifier, usage type, quantity and price of each raw record."""
    return rows(
        f"SELECT record_id, usage_date, {NAME}, kind, used, raw.price FROM ("
        "SELECT record_id, usage_date, subscription_id, 'data' AS kind, kilobytes_used AS used, price "
        "FROM wingtel_data_usage_record UNION ALL "
        "SELECT record_id, usage_date, subscription_id, 'voice', seconds_used, price "
        "FROM wingtel_voice_usage_record) AS raw "
        "JOIN wingtel_subscription AS subscription ON subscription.id = subscription_id ORDER BY 1, 2, 3"
    )


def counts(summary: ImportSummary) -> tuple[int, int, int, int, int]:
    """Return the lines that were read, accepted, skipped, duplicate and rejected."""
    return summary.lines, summary.accepted, summary.skipped, summary.duplicate, summary.rejected


def differing_days() -> int:
    """Return the number of daily aggregates that differ from a GROUP BY over the raw records, either way."""
    grouped = (
        "SELECT subscription_id, usage_type, usage_business_day(usage_date), sum(used), sum(price), count(*) "
        "FROM usage_source GROUP BY 1, 2, 3"
    )
    stored = "SELECT subscription_id, usage_type, day, used, price, records FROM usage_daily"
    ((differing,),) = rows(
        f"SELECT count(*) FROM (({grouped} EXCEPT ALL {stored}) UNION ALL ({stored} EXCEPT ALL {grouped})) AS differing"
    )
    return int(differing)
