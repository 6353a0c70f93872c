"""What travels into recording, and what comes back."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from wingtel.usage.models import UsageType

LARGEST_QUANTITY = 2**63 - 1
"""Kilobytes or seconds that one record can hold."""

LARGEST_PRICE = Decimal("9999999999.9999")
"""What one record can cost; 4 decimals are kept."""

LONGEST_REFERENCE = 100
"""Characters of a record's reference."""


class NamedBy(StrEnum):
    """By what usage names its subscription."""

    ID = "id"
    PHONE_NUMBER = "phone_number"
    DEVICE_ID = "device_id"

    @property
    def words(self) -> str:
        """As it reads in a message."""
        return {"id": "subscription id", "phone_number": "phone number", "device_id": "device id"}[self.value]

    @property
    def longest(self) -> int:
        """Characters that such a name may have."""
        return {"id": 19, "phone_number": 20, "device_id": 40}[self.value]


class UsageEntry(NamedTuple):
    """One usage record on its way in. Whoever makes it has checked it against the limits above.

    `position` is its line, or its index in a batch; `quantity` is in kilobytes or seconds; `moment` is
    time-zone aware; `carrier` is needed only where subscriptions may be created. A tuple because there are
    millions of them.
    """

    position: int
    usage_type: UsageType
    record_id: str
    moment: datetime
    subscription: str
    carrier: str
    quantity: int
    price: Decimal


class Refusal(NamedTuple):
    """Why the entry at `position` was not recorded."""

    position: int
    field: str
    reason: str


@dataclass
class Recorded:
    """What became of some entries: accepted + duplicate + refused are as many as there were."""

    accepted: int = 0
    duplicate: int = 0
    refused: list[Refusal] = field(default_factory=list)

    def __add__(self, other: "Recorded") -> "Recorded":
        return Recorded(self.accepted + other.accepted, self.duplicate + other.duplicate, self.refused + other.refused)
