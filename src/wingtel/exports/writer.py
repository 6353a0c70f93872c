"""Writing an export in the format asked for."""

from importlib import import_module
from typing import IO

from .definitions import Export
from .formats import Format


def write(export: Export, form: Format, file: IO[bytes]) -> None:
    """Write `export` to `file`, block by block. What is there is whole only when this returns."""
    # Taken when first needed: what reads and writes Parquet takes more memory than all the rest.
    import_module(f".{form}", __package__).write(export, file)
