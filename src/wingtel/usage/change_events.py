"""Change events: the changes of a write through the models, emitted in its transaction if the database enables them.

The database holds that state (`usage_change_events_enabled()`, set by `usage_set_change_events()`), and another
    process may
change it at any time. So every write reads it in the statement that writes.
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

Receivers run in the transaction of the write. An exception of theirs rolls it back.
"""


class UsageChange(NamedTuple):
    """Sums that one statement added to one subscription's business day, less those that it took away.

    `used` is in the unit of the usage type, `price` in the operator's currency, `records` counts usage records.
    """

    subscription_id: int
    day: date
    used: int
    price: Decimal
    records: int


_enabled: set[str] = set()
"""Databases that enabled change events when this process last wrote: a guess at which statement to try first."""


def probably_enabled(using: str) -> bool:
    """Return whether the database enabled change events when this process last wrote."""
    return connections[using].settings_dict["NAME"] in _enabled


def remember(using: str, *, enabled: bool) -> None:
    """Remember whether a write found change events enabled."""
    (_enabled.add if enabled else _enabled.discard)(connections[using].settings_dict["NAME"])


def emit(model: "type[UsageRecord]", using: str, changes: Sequence[UsageChange]) -> None:
    """Send changes to the receivers of `records_changed`, in the transaction of the write."""
    if changes:
        sender = model._meta.concrete_model
        records_changed.send(sender=sender, using=using, usage_type=model.usage_type, changes=list(changes))
