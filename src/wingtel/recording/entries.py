"""What travels into recording, and what comes back."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from wingtel.subscriptions.models import Carrier
from wingtel.usage.models import UsageType

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


class Naming(NamedTuple):
    """By what usage names its subscription, and the only carrier whose subscriptions may be meant; None for any."""

    by: NamedBy
    carrier: Carrier | None = None


class UsageEntry(NamedTuple):
    """One usage record on its way in.

    `subscription` is what `record_usage` is told it is named by; `moment` is time-zone aware; `quantity` is in
    kilobytes or seconds; `price` has at most 4 decimals, in the operator's currency. Without a `record_id` of the
    carrier's, the entry is given one, and is then never a duplicate. `carrier` is needed only where subscriptions
    may be created. A tuple because there are millions of them.
    """

    usage_type: UsageType
    moment: datetime
    subscription: str | int
    quantity: int
    price: Decimal
    record_id: str = ""
    carrier: str = ""


class Refusal(NamedTuple):
    """Why the entry at `position` was not recorded, and which of its fields is at fault."""

    position: int
    field: str
    reason: str


class Outcome(StrEnum):
    """What can become of an entry."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    REFUSED = "refused"


class Result(NamedTuple):
    """What became of one entry; the field at fault and the reason only of a refused one."""

    outcome: Outcome
    field: str = ""
    reason: str = ""


@dataclass
class Recorded:
    """What became of some entries, which are counted from 0 in the order given.

    accepted + duplicates + refused are as many as there were.
    """

    accepted: int = 0
    duplicates: list[int] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)

    def __add__(self, other: "Recorded") -> "Recorded":
        return Recorded(
            self.accepted + other.accepted, self.duplicates + other.duplicates, sorted(self.refused + other.refused)
        )

    @property
    def results(self) -> list[Result]:
        """One for each entry, in the order given."""
        results = [Result(Outcome.ACCEPTED)] * (self.accepted + len(self.duplicates) + len(self.refused))
        for index in self.duplicates:
            results[index] = Result(Outcome.DUPLICATE)
        for index, field_name, reason in self.refused:
            results[index] = Result(Outcome.REFUSED, field_name, reason)
        return results
