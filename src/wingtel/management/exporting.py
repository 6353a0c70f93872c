"""Exports by command: printed, or written to a file that appears only when it is complete."""

import io
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, OutputWrapper

from wingtel.exports import writer
from wingtel.exports.definitions import Export
from wingtel.exports.files import whole_file
from wingtel.exports.formats import Format
from wingtel.management.answering import PAGED


def export_format(options: dict[str, Any]) -> Format | None:
    """Return the format if it is one of an export, else None.

    Raises CommandError for options that do not go with it.
    """
    if options["format"] in PAGED:
        if options["output"]:
            raise CommandError(f"--output goes with --format {', '.join(Format)}, not with {options['format']}")
        return None
    if options.get("page_size"):
        raise CommandError(f"--page-size does not go with --format {options['format']}, which holds all results")
    if options["format"] == Format.PARQUET and not options["output"]:
        raise CommandError("--format parquet needs --output FILE")
    return Format(options["format"])


def print_export(
    stdout: OutputWrapper, export: AbstractContextManager[Export], form: Format, output: Path | None
) -> Export:
    """Write an export to the file `output`, or print it; return the export.

    Raises CommandError when the file cannot be written.
    """
    if output is None:
        with io.BufferedWriter(_PrintedFile(stdout)) as file, export as written:
            writer.write(written, form, file)
            return written
    try:
        with whole_file(output) as file, export as written:
            writer.write(written, form, file)
            return written
    except OSError as error:
        raise CommandError(f"cannot write {output}: {error.strerror}") from error


class _PrintedFile(io.RawIOBase):
    """A binary file whose text is printed."""

    def __init__(self, stdout: OutputWrapper) -> None:
        super().__init__()
        self._stdout = stdout

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._stdout.write(bytes(data).decode(), ending="")
        return len(data)
