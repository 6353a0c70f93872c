"""CSV: a header, then the lines as PostgreSQL wrote them.

Every cell is a number, a day or one of a few words. External ids are the exception: the query escapes them, so that a
spreadsheet finds no formula in them (queries.all_exceeding).
"""

from typing import IO

from .definitions import Export


def write(export: Export, file: IO[bytes]) -> None:
    """Write `export` to `file`."""
    file.write(",".join(column.name for column in export.columns).encode() + b"\n")
    for chunk in export.chunks:
        file.write(chunk)
