"""Questions to the aggregates: the texts that stand for a limit, a day and a subscription, wherever typed in."""

import re
from datetime import date
from decimal import Decimal

from .periods import EARLIEST, LATEST

PRICE_LIMIT_RULE = "a plain decimal greater than 0 with up to 16 digits before the point and 4 after it"
LARGEST_ID = 2**63 - 1
SUBSCRIPTION_ID_RULE = f"an id between 1 and {LARGEST_ID}"
DATE_RULE = f"a date YYYY-MM-DD from {EARLIEST} to {LATEST}"


def parse_price_limit(text: str) -> Decimal:
    """A positive amount that numeric(20,4) holds. Raises ValueError."""
    if not re.fullmatch(r"[0-9]{1,16}(\.[0-9]{1,4})?", text) or not Decimal(text):
        raise ValueError(text)
    return Decimal(text)


def parse_date(text: str) -> date:
    """A day written YYYY-MM-DD which a period may begin or end with. Raises ValueError."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError(text)
    if not EARLIEST <= (day := date.fromisoformat(text)) <= LATEST:
        raise ValueError(text)
    return day


def parse_subscription_id(text: str) -> int:
    """A positive bigint. Raises ValueError."""
    if not re.fullmatch(r"[0-9]{1,19}", text) or not 0 < int(text) <= LARGEST_ID:
        raise ValueError(text)
    return int(text)
