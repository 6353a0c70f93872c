"""Argument types for commands; each error message is one line."""

import argparse
from collections.abc import Callable
from datetime import datetime
from typing import Any

from wingtel.aggregates.validation import DATE_RULE, SUBSCRIPTION_ID_RULE, parse_date, parse_subscription_id
from wingtel.usage import partitions

MAX_SECONDS = 86_400  # seconds


def option(parse: Callable[[str], Any], rule: str) -> Callable[[str], Any]:
    """Return a type for argparse: `parse`, with `rule` as the message when it raises ValueError."""

    def parsed(text: str) -> Any:
        try:
            return parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"{text!r} is not {rule}") from error

    return parsed


def whole_number(least: int, most: int | None = None) -> Callable[[str], Any]:
    """Return a type for argparse: a whole number from `least` to `most`."""

    def parse(text: str) -> int:
        is_number = text.isascii() and text.isdecimal()
        if not is_number or int(text) < least or (most is not None and int(text) > most):
            raise ValueError(text)
        return int(text)

    return option(parse, f"a whole number from {least} {'up' if most is None else f'to {most}'}")


def _parse_seconds(text: str) -> float:
    value = float(text)
    if not 0 < value <= MAX_SECONDS:
        raise ValueError(text)
    return value


seconds = option(_parse_seconds, f"a number of seconds above 0, up to {MAX_SECONDS}")
"""A type for argparse: a duration in seconds."""

day = option(parse_date, DATE_RULE)
"""A type for argparse: a business day."""


def _parse_timestamp(text: str) -> datetime:
    value = datetime.fromisoformat(text)
    return value if value.tzinfo else value.replace(tzinfo=partitions.operator_zone())


timestamp = option(
    _parse_timestamp, "a date or timestamp in ISO 8601, such as 2027-01-01 (its midnight) or 2027-01-01T09:30:00Z"
)
"""A type for argparse: a timestamp; without an offset, in the operator's time zone."""

identity = option(parse_subscription_id, SUBSCRIPTION_ID_RULE)
"""A type for argparse: the id of a subscription, or of anything else with ids in the same range."""
