"""Drafting a profile from a sample: a start to look over, not an answer."""

import csv
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from .errors import SourceError
from .json_arrays import first_elements
from .profile_schema import DATA_UNITS
from .sources import opened

_SAMPLE_BYTES = 1 << 16
_SHORT = 2
"""Fields that a line may lack and still be taken for one of the sample."""
_DELIMITERS = "|;\t,"
_MOMENTS = {
    "iso8601": r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*",
    "%Y%m%d%H%M%S": r"20\d{12}",
    "%d.%m.%Y %H:%M:%S": r"\d\d?\.\d\d?\.\d{4} \d\d?:\d\d:\d\d",
    "%d.%m.%Y %H:%M": r"\d\d?\.\d\d?\.\d{4} \d\d?:\d\d",
    "%m/%d/%Y %H:%M:%S": r"\d\d?/\d\d?/\d{4} \d\d?:\d\d:\d\d",
    "%Y/%m/%d %H:%M:%S": r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d",
    "unix_ms": r"1\d{12}",
    "unix": r"1\d{9}",
}
_NAMES = {
    "moment": r"date|time|moment|start|timestamp",
    "usage_type": r"type|service|kind",
    "reference": r"record.?id|reference|sequence|cdr.?id|^id$|uuid|serial",
    "subscription": r"msisdn|phone|subscri|number|a.?party|caller",
    "price": r"price|charge|cost|amount|fee",
    "data": r"byte|kb|mb|volume|quantity|used$|usage$",
    "voice": r"sec|min|dur|quantity|used$|usage$",
}
_TYPES = {"data": r"^d|gprs|data|packet", "voice": r"^v|moc|mtc|call|voice", "skip": r"sms|mms|message"}


@dataclass(frozen=True)
class _Sample:
    layout: str
    names: list[str]
    rows: list[list[str]]

    def column(self, role: str) -> str | None:
        """The first column whose name sounds like it."""
        return next((name for name in self.names if re.search(_NAMES[role], name, re.IGNORECASE)), None)

    def values(self, name: str) -> list[str]:
        """What is in a column, without repeats, in the order of coming."""
        place = self.names.index(name)
        return list(dict.fromkeys(row[place].strip() for row in self.rows if row[place].strip()))


def draft(path: Path) -> str:
    """The text of a profile for files like this one. What it could not tell is marked with CHECK.

    Raises SourceError when the file is empty or cannot be read.
    """
    sample = _sample(path)
    parts = [
        f'description = "drafted from {path.name}: look over every line"\n',
        sample.layout,
        _moment(sample),
        _usage_type(sample),
        f"[data]\ncolumns = [{_quoted(sample.column('data'))}]\nunit = {json.dumps(_data_unit(sample))} # CHECK\n",
        f'[voice]\ncolumns = [{_quoted(sample.column("voice"))}]\nunit = "seconds" # CHECK\n',
        _price(sample),
        _reference(sample),
        f'[subscription]\nby = "phone_number" # CHECK\ncolumn = {_quoted(sample.column("subscription"))}\n',
        '[carrier]\nconstant = "att" # CHECK\n',
    ]
    return "\n".join(parts)


def _sample(path: Path) -> _Sample:
    with path.open("rb") as file:
        if file.read(4) == b"PAR1":
            return _of_parquet(path)
    with opened(path) as (stream, _):
        data = stream.read(_SAMPLE_BYTES)
    if elements := first_elements(data):
        return _of_ndjson([element.decode(errors="replace") for element in elements])
    encoding = "utf-8"
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.start < len(data) - 4:
            encoding = "cp1252"
        text = data.decode(encoding, errors="replace")
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        raise SourceError(f"{path}: the file is empty, and nothing can be drafted from it")
    if len(lines) > 1 and len(data) == _SAMPLE_BYTES:
        lines.pop()  # cut off
    return _of_ndjson(lines) if lines[0].lstrip().startswith("{") else _of_delimited(lines, encoding)


def _of_parquet(path: Path) -> _Sample:
    table = pl.scan_parquet(path, glob=False).head(50).collect()
    rows = [["" if value is None else str(value) for value in row] for row in table.iter_rows()]
    return _Sample('[layout]\nformat = "parquet"\n', table.columns, rows)


def _of_ndjson(lines: Sequence[str]) -> _Sample:
    try:
        objects = [json.loads(line, parse_float=str, parse_int=str) for line in lines[:50]]
    except ValueError as error:
        raise SourceError(f"a line that begins as JSON is none: {error}") from error
    names = list(dict.fromkeys(name for found in objects for name in found))
    rows = [[str(found.get(name, "")) for name in names] for found in objects]
    return _Sample('[layout]\nformat = "ndjson"\n', names, rows)


def _of_delimited(lines: Sequence[str], encoding: str) -> _Sample:
    delimiter = max(
        _DELIMITERS, key=lambda mark: min(line.count(mark) for line in lines[:20]) * 10 + lines[0].count(mark)
    )
    rows = list(csv.reader(lines[:50], delimiter=delimiter))
    has_header = not any(re.fullmatch(r"[\d.:+\-]+", field.strip()) for field in rows[0])
    names = [name.strip() for name in rows[0]] if has_header else [f"column {n}" for n in range(1, len(rows[0]) + 1)]
    quote = '"' if any('"' in line for line in lines) else ""
    layout = (
        f"[layout]\ndelimiter = {json.dumps(delimiter)}\nquote = {json.dumps(quote)}\n"
        f"encoding = {json.dumps(encoding)}\nheader = {json.dumps(has_header)}\n"
    )
    if not has_header:
        layout += f"columns = {json.dumps(names, ensure_ascii=False)} # CHECK: name them\n"
    data = [row for row in (rows[1:] if has_header else rows) if len(names) - _SHORT <= len(row) <= len(names)]
    if missing := max((len(names) - len(row) for row in data), default=0):
        layout += f"optional_trailing = {missing} # CHECK: lines are short\n"
    return _Sample(layout, names, [row + [""] * (len(names) - len(row)) for row in data])


def _moment(sample: _Sample) -> str:
    for columns in [[name] for name in sample.names] + [
        list(two) for two in zip(sample.names, sample.names[1:], strict=False)
    ]:
        places = [sample.names.index(name) for name in columns]
        texts = [" ".join(row[place].strip() for place in places) for row in sample.rows]
        for form, pattern in _MOMENTS.items():
            if texts and all(re.fullmatch(pattern, text) for text in texts):
                return (
                    f"[moment]\ncolumns = {json.dumps(columns, ensure_ascii=False)}\nformats = [{json.dumps(form)}]\n"
                    'time_zone = "operator" # CHECK: of moments without an offset\n'
                )
    column = _quoted(sample.column("moment"))
    return f'[moment]\ncolumns = [{column}]\nformats = ["%Y-%m-%d %H:%M:%S"] # CHECK\ntime_zone = "operator" # CHECK\n'


def _usage_type(sample: _Sample) -> str:
    column = sample.column("usage_type")
    if column is None or not sample.rows:
        return '[usage_type]\nconstant = "data" # CHECK: or column, data, voice, skip\n'
    values: dict[str, list[str]] = {kind: [] for kind in _TYPES}
    for value in sample.values(column):
        kind = next((kind for kind, pattern in _TYPES.items() if re.search(pattern, value, re.IGNORECASE)), "skip")
        values[kind].append(value)
    listed = "".join(f"{kind} = {json.dumps(found, ensure_ascii=False)} # CHECK\n" for kind, found in values.items())
    return f"[usage_type]\ncolumn = {_quoted(column)}\n{listed}"


def _data_unit(sample: _Sample) -> str:
    name = (sample.column("data") or "").lower()
    marks = {"kb": "kilobytes", "kilo": "kilobytes", "mb": "megabytes", "mega": "megabytes", "byte": "bytes"}
    unit = next((unit for mark, unit in marks.items() if mark in name), "kilobytes")
    return unit if unit in DATA_UNITS else "kilobytes"


def _price(sample: _Sample) -> str:
    if column := sample.column("price"):
        return f"[price]\ncolumn = {_quoted(column)}\n"
    return (
        '[[tariff.data]]\nprice = "0.0001" # CHECK: per kilobyte\n\n'
        '[[tariff.voice]]\nprice = "0.0020" # CHECK: per second\n'
    )


def _reference(sample: _Sample) -> str:
    if column := sample.column("reference"):
        return f"[reference]\ncolumns = [{_quoted(column)}]\n"
    return "[reference] # CHECK: without columns, two equal lines are one record\n"


def _quoted(name: str | None) -> str:
    return json.dumps(name or "CHECK", ensure_ascii=False)
