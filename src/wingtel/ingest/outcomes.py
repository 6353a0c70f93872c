"""Outcomes of the ingestion of usage records."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from wingtel.aggregates.serialization import money


class Outcome(StrEnum):
    """Outcome of a record."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    SKIPPED = "skipped"
    REJECTED = "rejected"


class Rejection(NamedTuple):
    """Reason why the record at `position` was rejected, and its `field` at fault, "" for the whole record."""

    position: int
    field: str
    reason: str


class Conflict(NamedTuple):
    """A record at `position` whose key is stored with another amount, and the stored amount.

    `stored_quantity` is in the unit of the usage type, `stored_price` in the operator's currency.
    """

    position: int
    stored_quantity: int
    stored_price: Decimal

    @property
    def reason(self) -> str:
        """Conflict in words."""
        return f"stored already with quantity {self.stored_quantity} and price {money(self.stored_price)}"


class RecordOutcome(NamedTuple):
    """Outcome of one record. Only rejections and conflicts have `field` and `reason`."""

    outcome: Outcome
    field: str = ""
    reason: str = ""


@dataclass(frozen=True)
class IngestResult:
    """Outcome of a batch by position: accepted + duplicates + conflicts + rejected is the number of positions.

    `records` counts the stored records. It differs from `accepted` if a position has two.
    """

    accepted: int = 0
    duplicates: Sequence[int] = ()
    conflicts: Sequence[Conflict] = ()
    rejected: Sequence[Rejection] = ()
    records: int = field(default=0, compare=False)

    @property
    def outcomes(self) -> list[RecordOutcome]:
        """Outcome of each position from 0, in order."""
        count = self.accepted + len(self.duplicates) + len(self.conflicts) + len(self.rejected)
        outcomes = [RecordOutcome(Outcome.ACCEPTED)] * count
        for position in self.duplicates:
            outcomes[position] = RecordOutcome(Outcome.DUPLICATE)
        for conflict in self.conflicts:
            outcomes[conflict.position] = RecordOutcome(Outcome.CONFLICT, "", conflict.reason)
        for position, name, reason in self.rejected:
            outcomes[position] = RecordOutcome(Outcome.REJECTED, name, reason)
        return outcomes
