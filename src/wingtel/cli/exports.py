"""Print complete answers, or write them to a file that appears only when it is complete."""

import csv
import io
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from wingtel.cli.errors import CommandError
from wingtel.cli.output import (
    TABLE_ROWS,
    Form,
    default_form,
    print_json_rows,
    print_lines,
    print_table,
    tsv_lines,
)
from wingtel.cli.parameters import format_option, whole_number
from wingtel.exports import writer
from wingtel.exports.definitions import Export
from wingtel.exports.files import whole_file
from wingtel.exports.formats import Format
from wingtel.shapes import ColumnKind

F = TypeVar("F", bound=Callable[..., Any])
FILES = (Form.TSV, *Format)
"""Formats of files, which hold a whole answer."""

_NUMBERS = {ColumnKind.INTEGER, ColumnKind.INTEGER_OR_NONE, ColumnKind.QUANTITY}


@dataclass(frozen=True)
class Target:
    """Where an answer goes: the format, the file (None: standard output), and how many results at most."""

    form: str
    output: Path | None
    page_size: int | None = None

    @property
    def is_paged(self) -> bool:
        """True if the answer is made of pages, not complete from one snapshot."""
        return self.form in {Form.TABLE, Form.JSON} or self.page_size is not None


def target_options(*, paged: bool) -> Callable[[F], F]:
    """Return the options of where an answer goes."""

    def decorate(function: F) -> F:
        if paged:
            function = click.option(
                "--page-size",
                type=whole_number(1),
                help=f"At most N results. Without it, a table shows {TABLE_ROWS}, and other formats all.",
            )(function)
        function = click.option(
            "--output",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help=f"Write {', '.join(FILES)} to FILE, which appears, or is replaced, once it is whole."
            " Without --format, its ending gives the format.",
        )(function)
        return format_option(Format.NDJSON, Format.PARQUET)(function)

    return decorate


def target_of(*, form: str | None, output: Path | None, page_size: int | None = None) -> Target:
    """Return where an answer goes. Raises CommandError for options that do not go together."""
    if form is None:
        form = default_form() if output is None else output.suffix.removeprefix(".")
        if output and form not in FILES:
            raise CommandError(f"--output {output}: say its --format, one of {', '.join(FILES)}")
    if output and form not in FILES:
        raise CommandError(f"--output goes with --format {', '.join(FILES)}, not with {form}")
    if page_size and form in set(Format):
        raise CommandError(f"--page-size does not go with --format {form}, which holds all results")
    if form == Format.PARQUET and not output:
        raise CommandError("--format parquet needs --output FILE")
    return Target(form, output, page_size)


def print_export(
    make: Callable[[Format], AbstractContextManager[Export]], target: Target, *, shown: Sequence[str] = ()
) -> Export:
    """Write an export, made for one of its formats, to the file or print it; return the export.

    A table has the columns of `shown` alone. Raises CommandError when the file cannot be written.
    """
    # Only CSV has apostrophes before texts that a spreadsheet would compute.
    export = make(Format(target.form) if target.form in set(Format) else Format.NDJSON)
    if target.output is None:
        with export as written:
            _print(written, target.form, shown)
            return written
    try:
        with whole_file(target.output) as file, export as written:
            if target.form == Form.TSV:
                file.writelines(line.encode() for line in tsv_lines(_names(written), _rows(written)))
            else:
                writer.write(written, Format(target.form), file)
            return written
    except OSError as error:
        raise CommandError(f"cannot write {target.output}: {error.strerror}") from error


def _print(export: Export, form: str, shown: Sequence[str]) -> None:
    columns = _names(export)
    match form:
        case Form.TABLE:
            print_table(_rows(export), shown, most=TABLE_ROWS)
        case Form.JSON:
            print_json_rows(_rows(export))
        case Form.TSV:
            print_lines(form, columns, _rows(export))
        case _:
            with io.BufferedWriter(_PrintedFile()) as file:
                writer.write(export, Format(form), file)


def _names(export: Export) -> list[str]:
    return [column.name for column in export.columns]


def _rows(export: Export) -> Iterator[dict[str, Any]]:
    """Yield the rows with whole numbers as such; all else is text."""
    names = [(column.name, column.kind in _NUMBERS) for column in export.columns]
    for chunk in export.chunks:
        for line in csv.reader(io.StringIO(chunk.decode(), newline="")):
            yield {
                name: (int(text) if text else None) if is_number else text
                for (name, is_number), text in zip(names, line, strict=True)
            }


class _PrintedFile(io.RawIOBase):
    """A binary file whose text is printed."""

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        sys.stdout.write(bytes(data).decode())
        return len(data)
