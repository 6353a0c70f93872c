"""What a write through the models changed, said inside its transaction, where the database asks writers to say it.

Whether it asks is state of the database (`usage_writers_announce()`, set by `usage_set_announcing()`), which another
process may change at any moment. So every write looks at it in the statement that writes.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from django.db import connections
from django.dispatch import Signal

if TYPE_CHECKING:
    from .models import UsageRecord

records_changed = Signal()
"""Sent with `sender` (model), `using`, `usage_type` and `changes`, a list of UsageChange in the order of their keys.

Receivers run in the transaction of the write: what they raise undoes it.
"""


class UsageChange(NamedTuple):
    """What one statement added to one subscription's business day, less what it took away.

    `used` is in kilobytes or seconds, `price` in the operator's currency, `records` counts usage records.
    """

    subscription_id: int
    day: date
    used: int
    price: Decimal
    records: int


_asking: set[str] = set()
"""Databases that asked for announcements when this process last wrote: a guess at which statement to try first."""


def probably_asked(using: str) -> bool:
    """Whether the database asked for announcements when this process last wrote."""
    return connections[using].settings_dict["NAME"] in _asking


def remember(using: str, *, asked: bool) -> None:
    """Take note of what a write found: whether the database asks for announcements."""
    (_asking.add if asked else _asking.discard)(connections[using].settings_dict["NAME"])


def announce(model: "type[UsageRecord]", using: str, changes: Sequence[UsageChange]) -> None:
    """Tell the receivers of `records_changed`, in the transaction of the write."""
    if changes:
        sender = model._meta.concrete_model
        records_changed.send(sender=sender, using=using, usage_type=model.usage_type, changes=list(changes))
