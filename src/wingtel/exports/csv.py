"""CSV: a header, then lines as PostgreSQL wrote them.

Every cell is a number, a day or one of a few words, but for external ids, which are sent so that a spreadsheet finds no
formula in them (queries.all_exceeding).
"""

from typing import IO

from .definitions import Export


def write(export: Export, file: IO[bytes]) -> None:
    """Write `export` to `file`."""
    file.write(",".join(column.name for column in export.columns).encode() + b"\n")
    for block in export.blocks:
        file.write(block)
