"""Outcomes of usage records that are ingested."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from wingtel.aggregates.serialization import money


class Outcome(StrEnum):
    """The outcome of a record."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    SKIPPED = "skipped"
    REJECTED = "rejected"


class Rejection(NamedTuple):
    """The reason why the record at `position` was not ingested, and its `field` at fault, "" for the whole record."""

    position: int
    field: str
    reason: str


class Conflict(NamedTuple):
    """A record at `position` whose key is stored with another amount, and that amount.

    `stored_quantity` is in kilobytes or seconds, `stored_price` in the operator's currency.
    """

    position: int
    stored_quantity: int
    stored_price: Decimal

    @property
    def reason(self) -> str:
        """The conflict in words."""
        return f"stored already with quantity {self.stored_quantity} and price {money(self.stored_price)}"


class RecordOutcome(NamedTuple):
    """The outcome of one record; it has `field` and `reason` only where it is rejected or a conflict."""

    outcome: Outcome
    field: str = ""
    reason: str = ""


@dataclass(frozen=True)
class IngestResult:
    """The outcome of a batch, by position: accepted + duplicates + conflicts + rejected are as many as there were.

    `records` counts those stored; it differs from `accepted` where a position holds two.
    """

    accepted: int = 0
    duplicates: Sequence[int] = ()
    conflicts: Sequence[Conflict] = ()
    rejected: Sequence[Rejection] = ()
    records: int = field(default=0, compare=False)

    @property
    def outcomes(self) -> list[RecordOutcome]:
        """The outcome of each position from 0, in order."""
        count = self.accepted + len(self.duplicates) + len(self.conflicts) + len(self.rejected)
        found = [RecordOutcome(Outcome.ACCEPTED)] * count
        for position in self.duplicates:
            found[position] = RecordOutcome(Outcome.DUPLICATE)
        for conflict in self.conflicts:
            found[conflict.position] = RecordOutcome(Outcome.CONFLICT, "", conflict.reason)
        for position, name, reason in self.rejected:
            found[position] = RecordOutcome(Outcome.REJECTED, name, reason)
        return found
