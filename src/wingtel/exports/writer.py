"""Writer of an export in the requested format."""

from importlib import import_module
from typing import IO

from .definitions import Export
from .formats import Format


def write(export: Export, form: Format, file: IO[bytes]) -> None:
    """Write `export` to `file`, chunk by chunk. The file is complete only when this returns."""
    # Imported when first needed: the library for Parquet takes more memory than all the rest.
    import_module(f".{form}", __package__).write(export, file)
