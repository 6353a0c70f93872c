"""References: the carrier's own reference of a record."""

import hashlib
from collections.abc import Iterator

import polars as pl

from wingtel.ingest.validation import LONGEST_REFERENCE

from ..columns import Columns
from ..fields import UnreadableError
from ..profile_schema import Reference
from .base import Value, storable

FINGERPRINT = "fingerprint"
"""Column with the fingerprints of lines, if the profile has no columns for a reference."""


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
