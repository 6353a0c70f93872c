"""Entries as columns: what is done to millions of them is done to whole columns at a time."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import chain
from operator import attrgetter
from typing import NamedTuple

import orjson

from .entries import UsageEntry

_ZONE = attrgetter("tzinfo")
_SPECIAL = re.compile(r"[\\\n\r\t]")
_ESCAPED = str.maketrans({"\\": r"\\", "\n": r"\n", "\r": r"\r", "\t": r"\t"})


class Columns(NamedTuple):
    """The fields of some entries, each a column; as UsageEntry has them."""

    usage_types: Sequence[str]
    moments: Sequence[datetime]
    subscriptions: Sequence[str | int]
    quantities: Sequence[int]
    prices: Sequence[Decimal]
    record_ids: Sequence[str]
    carriers: Sequence[str]

    @classmethod
    def of(cls, entries: Sequence[UsageEntry]) -> "Columns":
        """Of one entry or more."""
        # zip(*entries) makes an iterator for each, and the garbage collector looks through all entries meanwhile.
        values, width = list(chain.from_iterable(entries)), len(cls._fields)
        return cls(*(values[field::width] for field in range(width)))  # type: ignore[arg-type]

    @property
    def size(self) -> int:
        """How many entries there are."""
        return len(self.record_ids)

    def at(self, indexes: Sequence[int]) -> "Columns":
        """The entries at some indexes, in that order."""
        return Columns(*([column[index] for index in indexes] for column in self))  # type: ignore[arg-type]


def moment_texts(moments: Sequence[datetime]) -> list[str]:
    """Moments as PostgreSQL reads them."""
    try:
        if set(map(_ZONE, moments)) != {UTC}:
            moments = [moment.astimezone(UTC) for moment in moments]
        # Six times as fast as isoformat(); only of UTC, since it rounds an offset to minutes.
        return orjson.dumps(moments)[2:-2].decode().split('","')
    except (OverflowError, TypeError):  # in the year 0 or 10 000 of UTC; of a class derived from datetime
        return [moment.isoformat() for moment in moments]


def copy_texts(texts: Sequence[str]) -> Sequence[str]:
    """Texts as COPY reads them."""
    return [text.translate(_ESCAPED) for text in texts] if _SPECIAL.search("".join(texts)) else texts
