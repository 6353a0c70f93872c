"""Interface of a value."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence

import polars as pl

from ..columns import Columns
from ..profile_schema import Column


class Value(ABC):
    """A value of a record, read from texts without blanks around them.

    `texts` are the names of their columns in a field table. `label` is their names in messages.
    """

    dtype: pl.DataType

    def __init__(self, columns: Columns, read: Sequence[Column]) -> None:
        self.texts = [columns.text(column) for column in read]
        self.label = columns.label(*read)

    @abstractmethod
    def expressions(self) -> Iterable[pl.Expr]:
        """Return expressions over a table of texts, null where they are not sure.

        Each one is for the texts for which the expressions before are null.
        """

    @abstractmethod
    def read(self, *texts: str) -> object:
        """Return the value of the texts of a row.

        Raises ValueError with the reason, or UnreadableError with the column at fault as well.
        """


def storable(text: pl.Expr, longest: int) -> pl.Expr:
    """Return the texts that are certainly neither empty nor too long, and null for others."""
    return pl.when(text.str.len_bytes().is_between(1, longest)).then(text)
