"""Columns: the positions in a file of the columns that a profile reads."""

from collections.abc import Iterable, Sequence

from .errors import HeaderError
from .fields import field_names
from .profile_schema import Column

MOST_COLUMNS = 10_000


class Columns:
    """Columns of a file by the `names` in its header, followed by the `constants` of a profile.

    The methods raise HeaderError for a column that is missing, or that is there twice.
    """

    def __init__(self, names: Sequence[str], constants: Iterable[str] = ()) -> None:
        self.in_file = len(names)
        self.names = [*names, *constants]

    def text(self, column: Column) -> str:
        """Return the name of a column in a field table."""
        return field_names(len(self.names))[self._index(column)]

    def label(self, *columns: Column) -> str:
        """Return the names of columns for a message."""
        return ", ".join(self.names[self._index(column)] or str(column) for column in columns)

    def _index(self, column: Column) -> int:
        if isinstance(column, int):
            if column > self.in_file:
                raise HeaderError(f"the profile reads column {column}, and there are {self.in_file}: {self._listed}")
            return column - 1
        if (times := self.names.count(column)) != 1:
            problem = "is missing" if times == 0 else f"is there {times} times"
            raise HeaderError(f"the column {column!r} {problem}; the columns found are {self._listed}")
        return self.names.index(column)

    @property
    def _listed(self) -> str:
        return ", ".join(map(repr, self.names))
