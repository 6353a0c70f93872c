"""Entries as the parameters of a statement."""

from collections.abc import Iterable, Sequence

from .entries import UsageEntry

Parameters = dict[str, str]
"""By the names that sql/record.sql has for them."""


def of_one(entry: UsageEntry) -> Parameters:
    """A single entry, value by value."""
    return {
        "usage_type": str(entry.usage_type),
        "record_id": entry.record_id,
        "usage_date": entry.moment.isoformat(),
        "subscription": str(entry.subscription),
        "quantity": str(entry.quantity),
        "price": str(entry.price),
    }


def of_many(entries: Sequence[UsageEntry]) -> Parameters:
    """Many entries, column by column, as PostgreSQL writes an array: psycopg would write it value by value."""
    usage_types, moments, subscriptions, quantities, prices, record_ids, _ = zip(*entries, strict=True)
    return {
        "usage_type": _array(usage_types),
        "record_id": _text_array(record_ids),
        "usage_date": _array(moment.isoformat() for moment in moments),
        "subscription": _text_array(list(map(str, subscriptions))),
        "quantity": _array(map(str, quantities)),
        "price": _array(map(str, prices)),
    }


def _array(plain: Iterable[str]) -> str:
    return f"{{{','.join(plain)}}}"


def _text_array(texts: Sequence[str]) -> str:
    # All at once is several times as fast as one by one. NUL is the one character that no text in PostgreSQL has.
    joined = "\0".join(texts).replace("\\", r"\\").replace('"', r"\"")
    if joined.count("\0") != len(texts) - 1:
        raise ValueError("a text with a NUL character, which PostgreSQL cannot keep")
    return '{"' + joined.replace("\0", '","') + '"}'
