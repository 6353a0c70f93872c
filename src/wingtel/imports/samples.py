"""Samples: the layout, the columns and the first lines of a carrier's file of unknown format."""

import csv
import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from .errors import SourceError
from .file_formats import FIRST_BYTES, PARQUET, begins_with
from .ndjson import as_lines
from .sources import opened
from .streams import pieces_of, stream_of

_SAMPLE_BYTES = 1 << 18
_SAMPLE_ROWS = 1000  # of Parquet
_SHORT = 2
"""Most fields that a line of the sample may lack."""
_DELIMITERS = "|;\t,"
_ARRAY = re.compile(rb"(\xef\xbb\xbf)?\s*\[\s*[\[{\"]")


@dataclass(frozen=True)
class Sample:
    """First lines of a file. `layout` is the text of a profile's table. Each row is as long as `names`."""

    layout: str
    names: list[str]
    rows: list[list[str]]

    def column(self, name: str) -> list[str]:
        """Return the texts of a column, line by line."""
        place = self.names.index(name)
        return [row[place] for row in self.rows]

    def values(self, name: str) -> list[str]:
        """Return the distinct texts of a column that are not empty, in the order of the lines."""
        return list(dict.fromkeys(filter(None, self.column(name))))


def read_sample(path: Path) -> Sample:
    """Read the first lines of delimited text, NDJSON or Parquet.

    Raises SourceError when the file is empty or damaged, and with the name of its format for any other file.
    """
    with path.open("rb") as file:
        if begins_with(file.read(FIRST_BYTES), PARQUET):
            return _parquet(path)
    with opened(path) as (stream, _):
        data = stream.read(_SAMPLE_BYTES)
        if _ARRAY.match(data):
            data = as_lines(stream_of(pieces_of(stream, data))).read(_SAMPLE_BYTES)
    if b"\0" in data:
        raise SourceError(f"{path}: no profile can be inferred from binary data")
    if len(data) == _SAMPLE_BYTES and b"\n" in data:
        data = data[: data.rindex(b"\n") + 1]
    encoding, text = _decoded(data.removesuffix(b"\x1a"))
    if not text.strip(f" \r\n{_DELIMITERS}"):
        raise SourceError(f"{path}: the file is empty, and no profile can be inferred from it")
    return _ndjson(path, text) if text.lstrip().startswith("{") else _delimited(text, encoding)


def quoted(text: str) -> str:
    """Return a text as a TOML string on one line."""
    return json.dumps(text.encode(errors="replace").decode(), ensure_ascii=False).replace("\x7f", "\\u007f")


def _decoded(data: bytes) -> tuple[str, str]:
    try:
        return "utf-8", data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "cp1252", data.decode("cp1252", errors="replace")


def _parquet(path: Path) -> Sample:
    try:
        table = pl.scan_parquet(path, glob=False).head(_SAMPLE_ROWS).collect()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise SourceError(f"{path}: the Parquet file is damaged: {error}") from error
    rows = [["" if value is None else str(value).strip() for value in row] for row in table.iter_rows()]
    return Sample('[layout]\nformat = "parquet"\n', table.columns, rows)


def _ndjson(path: Path, text: str) -> Sample:
    try:
        lines = [json.loads(line, parse_float=str, parse_int=str) for line in text.split("\n") if line.strip()]
        objects = [_flattened(line) for line in lines]
    except (ValueError, AttributeError, RecursionError) as error:
        raise SourceError(f"{path}: a line is no JSON object") from error
    names = list(dict.fromkeys(name for members in objects for name in members))
    rows = [[members.get(name, "") for name in names] for members in objects]
    return Sample('[layout]\nformat = "ndjson"\n', names, rows)


def _flattened(members: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Return the members of nested objects by their path, with dots."""
    texts: dict[str, str] = {}
    for name, value in members.items():
        if isinstance(value, dict):
            texts |= _flattened(value, f"{prefix}{name}.")
        else:
            texts[f"{prefix}{name}"] = "" if value is None else str(value).strip()
    return texts


def _delimited(text: str, encoding: str) -> Sample:
    if hint := re.match(r"sep=(.)\r?\n", text):
        text = text[hint.end() :]
    delimiter = hint[1] if hint else _delimiter([line for line in text.splitlines() if line.strip()][:20])
    read = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows = [row for row in ([field.strip() for field in fields] for fields in read) if any(row)]
    has_header = not any(re.fullmatch(r"[\d.:+\-]+", field) for field in rows[0])
    names = rows.pop(0) if has_header else [f"column {n}" for n in range(1, len(rows[0]) + 1)]
    quote = '"' if '"' in text else ""
    layout = (
        f"[layout]\ndelimiter = {quoted(delimiter)}\nquote = {quoted(quote)}\n"
        f"encoding = {quoted(encoding)}\nheader = {json.dumps(has_header)}\n"
    )
    if not has_header:
        layout += f"columns = {json.dumps(names)} # CHECK: name them\n"
    width = len(names)
    rows = [row[:width] for row in rows if len(row) >= width - _SHORT and not any(row[width:])]
    if missing := max((width - len(row) for row in rows), default=0):
        layout += f"optional_trailing = {missing} # CHECK: lines are short\n"
    return Sample(layout, names, [row + [""] * (width - len(row)) for row in rows])


def _delimiter(lines: list[str]) -> str:
    return max(_DELIMITERS, key=lambda mark: min(line.count(mark) for line in lines) * 10 + lines[0].count(mark))
