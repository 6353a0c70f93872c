"""Identifying values of a line: the subscription, its carrier, and the record's own reference."""

import hashlib
from collections.abc import Iterator

import polars as pl

from wingtel.aggregates.validation import LARGEST_ID
from wingtel.ingest.batch import Lookup
from wingtel.ingest.validation import LONGEST_REFERENCE

from ..columns import Columns
from ..fields import UnreadableError, fitting
from ..profile_schema import CarrierSource, IdentifierSource, Reference
from .base import Value, storable

FINGERPRINT = "fingerprint"
"""Column with the fingerprints of lines, if the profile has no columns for a reference."""

_LONGEST_CARRIER = 10
"""Longest code of a carrier, in characters."""


class IdentifierValue(Value):
    """Identifier of the subscription (an id, a phone number, a device id), as it is written."""

    dtype = pl.String()

    def __init__(self, source: IdentifierSource, columns: Columns) -> None:
        super().__init__(columns, [source.column])
        self._by = source.by

    def expressions(self) -> Iterator[pl.Expr]:
        """Yield an expression for short texts; for ids, of 18 digits at most."""
        (text,) = map(pl.col, self.texts)
        yield fitting(text, "^[0-9]{1,18}$") if self._by is Lookup.ID else storable(text, self._by.longest)

    def read(self, *texts: str) -> str:
        """Return any identifier. Raises ValueError for an empty or too long text, and for an invalid id."""
        (text,) = texts
        by = self._by
        if not text:
            raise ValueError("empty")
        if len(text) > by.longest:
            raise ValueError(f"the {by.words} has {len(text)} characters, more than {by.longest}")
        if by is Lookup.ID and not (text.isascii() and text.isdecimal() and int(text) <= LARGEST_ID):
            raise ValueError(f"{text!r} is not a valid {by.words}")
        return text


class CarrierValue(Value):
    """Carrier of a line, "" if the profile has none."""

    dtype = pl.String()

    def __init__(self, source: CarrierSource | None, columns: Columns) -> None:
        column = source.column if source else None
        super().__init__(columns, [] if column is None else [column])
        self._constant = str(source.constant) if source and source.constant else ""
        self._values = source.values if source else {}

    def expressions(self) -> Iterator[pl.Expr]:
        """Yield an expression for the listed texts, or for all short texts if none are listed."""
        if not self.texts:
            yield pl.lit(self._constant, pl.String)
        elif self._values:
            yield pl.col(self.texts).replace_strict(self._values, default=None, return_dtype=pl.String)
        else:
            yield storable(pl.col(self.texts[0]), _LONGEST_CARRIER)

    def read(self, *texts: str) -> str:
        """Return the code of any carrier. Raises ValueError for an empty or unlisted text."""
        if not texts:
            return self._constant
        (text,) = texts
        if not text:
            raise ValueError("empty")
        if self._values and text not in self._values:
            raise ValueError(f"unknown carrier {text!r}")
        return self._values.get(text, text)


def fingerprints(table: pl.DataFrame, texts: list[str]) -> pl.Series:
    """Return a hash of the fields of each line. It is the same for the same fields in any file."""
    joined = table.select(pl.concat_str(texts, separator="\x1f")).to_series()
    hashes = (hashlib.blake2b(line.encode(), digest_size=16).hexdigest() for line in joined)
    return pl.Series(FINGERPRINT, hashes, dtype=pl.String)


class ReferenceValue(Value):
    """Reference of a record."""

    dtype = pl.String()

    def __init__(self, reference: Reference, columns: Columns) -> None:
        super().__init__(columns, reference.columns)
        self._labels = [columns.label(column) for column in reference.columns]
        self._prefix, self._separator = reference.prefix, reference.separator
        if not self.texts:
            self.texts, self._labels = [FINGERPRINT], [""]

    def expressions(self) -> Iterator[pl.Expr]:
        """Yield an expression for references without an empty column."""
        whole = pl.col(self.texts[0])
        if len(self.texts) > 1:
            filled = [pl.when(pl.col(text) != "").then(text) for text in self.texts]
            whole = pl.concat_str(filled, separator=self._separator)
        if self._prefix:
            whole = pl.lit(self._prefix) + pl.when(whole != "").then(whole)
        yield storable(whole, LONGEST_REFERENCE)

    def read(self, *texts: str) -> str:
        """Return any reference. Raises UnreadableError for an empty column, and ValueError when it is too long."""
        for text, label in zip(texts, self._labels, strict=True):
            if not text:
                raise UnreadableError(label, "empty")
        whole = self._prefix + self._separator.join(texts)
        if len(whole) > LONGEST_REFERENCE:
            raise ValueError(f"the reference has {len(whole)} characters, more than {LONGEST_REFERENCE}")
        return whole
