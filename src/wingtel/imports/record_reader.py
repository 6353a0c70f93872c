"""Records of field tables: values are read by expressions, and row by row where an expression is null."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import polars as pl

from wingtel.ingest.batch import USAGE_TYPES
from wingtel.usage.models import UsageType

from .chunks import ByteRange
from .columns import Columns
from .equal_lines import LineNumbering
from .fields import LINE, FieldTable, RawLines, Reject, UnreadableError, field_names
from .line_values import LineValues
from .profiles import Profile
from .values import CarrierValue, IdentifierValue, PriceValue, QuantityValue, ReferenceValue, TimestampValue, Value
from .values.identifiers import FINGERPRINT, fingerprints
from .values.usage_types import SKIP

RECORDS: dict[str, pl.DataType | type[pl.DataType]] = {
    LINE: pl.Int64,
    "usage_type": USAGE_TYPES,
    "record_id": ReferenceValue.dtype,
    "timestamp": TimestampValue.dtype,
    "identifier": IdentifierValue.dtype,
    "carrier": CarrierValue.dtype,
    "quantity": QuantityValue.dtype,
    "price": PriceValue.dtype,
}
"""Columns of records that are read. A price that a tariff has to give is -1.

The quantity of a segment is in parts (Quantity.parts), and is rounded once the segments are added up.
"""
_NONE_BROKEN = pl.DataFrame(schema={name: RECORDS[name] for name in ("record_id", "identifier")})
_ORDER = ("kind", "quantity", "timestamp", "identifier", "price", "record_id", "carrier")
"""Order of the values. A line is rejected for the first that cannot be read."""
_BLANKS = "".join(character for character in map(chr, range(0x3001)) if character.isspace())
"""All characters that str.strip() removes; Polars would leave some of them."""


@dataclass(frozen=True)
class ReadTable:
    """Records and the other lines of a chunk or a batch that begins with line `first_line`.

    The `records` of a usage type are in the order of their lines. `size` is that of the text in bytes. If lines may be
    segments, `broken` has the record_id and the identifier of rejected lines, where these can be read.
    """

    byte_range: ByteRange
    first_line: int
    records: pl.DataFrame
    rejects: list[Reject]
    skipped: int
    lines: int
    raw: RawLines
    size: int
    broken: pl.DataFrame = field(default_factory=_NONE_BROKEN.clone)


class RecordReader:
    """A reader of the field tables of a feed whose columns have the names `header`.

    Without `in_bulk`, all values are read row by row: slowly, and with the same result. If the profile numbers equal
    lines, the reader has to get all tables of a file in order. Raises HeaderError when the profile reads columns that
    are missing, or that are there twice.
    """

    def __init__(
        self, profile: Profile, header: Sequence[str], operator_zone: ZoneInfo, *, in_bulk: bool = True
    ) -> None:
        self.profile = profile
        self.columns = columns = Columns(header, profile.constants)
        self._in_bulk = in_bulk
        self._line = LineValues(profile, columns, operator_zone)
        self._numbering = LineNumbering() if profile.reference.numbers_lines else None
        self._replaced = {
            columns.text(column): {text: value.strip() for text, value in values.items()}
            for column, values in profile.values.items()
        }
        self._filters = [
            pl.col(columns.text(each.column)).is_in(sorted(each.values)) ^ each.excludes for each in profile.filters
        ]
        read = {text for value in self._line for text in value.texts} - {FINGERPRINT}
        self._read = read | {columns.text(each.column) for each in profile.filters} | {*self._replaced}

    def read(self, fields: FieldTable) -> ReadTable:
        """Return the records of a field table, its rejected lines, and the number of its other lines."""
        table = self._prepared(fields)
        problems: _Problems = {name: {} for name in _ORDER}
        (kinds,) = self._values(table, {"kind": self._line.kind}, problems)
        if (is_record := kinds != SKIP).all(ignore_nulls=False) is not True:  # null for a line that is rejected
            table, kinds = table.filter(is_record), kinds.filter(is_record)
        skipped = fields.table.height - table.height - len(problems["kind"])
        records = self._records(table, kinds, problems)
        rejects = self._rejects(fields, problems)
        broken = _NONE_BROKEN
        if rejects:
            is_rejected = pl.col(LINE).is_in([reject.line for reject in rejects])
            if self.profile.reference.segments:
                broken = records.filter(is_rejected).select(_NONE_BROKEN.columns).drop_nulls()
            records = records.filter(~is_rejected)
        return ReadTable(
            byte_range=fields.byte_range,
            first_line=fields.first_line,
            raw=fields.raw,
            records=records,
            rejects=[*fields.rejects, *rejects],
            skipped=skipped + fields.blank,
            lines=fields.table.height + len(fields.rejects) + fields.blank,
            size=fields.byte_range.end - fields.byte_range.start if fields.size is None else fields.size,
            broken=broken,
        )

    def _prepared(self, fields: FieldTable) -> pl.DataFrame:
        """Return the lines that pass the filters, with the texts of all values.

        Texts are stripped and replaced, and constants are added. Without a reference in the profile, so is a
        fingerprint.
        """
        table, names = fields.table, field_names(len(self.columns.names))
        if not self.profile.reference.columns:
            prints = fingerprints(table, names[: self.columns.in_file])
            table = table.with_columns(self._numbering.numbered(prints) if self._numbering else prints)
        constants = dict(zip(names[self.columns.in_file :], self.profile.constants.values(), strict=True))
        texts = {name: pl.lit(value.strip()) for name, value in constants.items()}
        if not fields.is_stripped:
            texts |= {name: pl.col(name).str.strip_chars(_BLANKS) for name in self._read if name not in constants}
        for name, values in self._replaced.items():
            text = texts.get(name, pl.col(name))
            texts[name] = pl.coalesce(text.replace_strict(values, default=None, return_dtype=pl.String), text)
        if texts:
            table = table.with_columns(**texts)
        return table.filter(self._filters) if self._filters else table

    def _records(self, table: pl.DataFrame, kinds: pl.Series, problems: "_Problems") -> pl.DataFrame:
        shared = self._values(table, self._line.shared, problems)
        table = table.select(LINE, *self._line.amounts, kinds, *shared)
        del shared
        records = [self._of_kind(table, kind, own, problems) for kind, own in self._line.own.items()]
        return pl.concat([each for each in records if each.height] or records[:1])

    def _of_kind(
        self, table: pl.DataFrame, kind: UsageType, own: Mapping[str, Value], problems: "_Problems"
    ) -> pl.DataFrame:
        table = table.filter(self._line.present[kind])
        values = {value.name: value for value in self._values(table, own, problems)}
        columns = {"usage_type": pl.lit(str(kind), USAGE_TYPES)} | values
        return table.select(columns.get(name, pl.col(name)).alias(name) for name in RECORDS)

    def _values(self, table: pl.DataFrame, values: Mapping[str, Value], problems: "_Problems") -> list[pl.Series]:
        """Return a column for each value, and add the reason for each null to `problems`."""
        expressions = {name: iter(value.expressions() if self._in_bulk else ()) for name, value in values.items()}
        first = {name: next(later, pl.lit(None, values[name].dtype)) for name, later in expressions.items()}
        # Selected together, so that they are computed in parallel; later ones only where the first leave nulls.
        evaluated = table.select(LINE, **first)
        return [
            self._completed(table, value, evaluated[name], expressions[name], problems[name])
            for name, value in values.items()
        ]

    def _completed(
        self,
        table: pl.DataFrame,
        value: Value,
        read: pl.Series,
        later: Iterator[pl.Expr],
        problems: dict[int, UnreadableError],
    ) -> pl.Series:
        while read.null_count() and (expression := next(later, None)) is not None:
            more = table.select(expression.alias(read.name)).to_series()
            read = read.zip_with(read.is_not_null(), more)
        if not read.null_count():
            return read
        rows = read.is_null().arg_true()
        texts = table[rows].select(LINE, *(pl.col(text).alias(f"{place}") for place, text in enumerate(value.texts)))
        return read.scatter(rows, pl.Series(list(_read_each(value, texts, problems)), dtype=value.dtype))

    def _rejects(self, fields: FieldTable, problems: "_Problems") -> list[Reject]:
        """Return the lines with a value that cannot be read."""
        first: dict[int, UnreadableError] = {}
        for name in reversed(_ORDER):
            first |= problems[name]
        lines = sorted(first)
        return [
            Reject(line, raw, first[line].field, first[line].reason)
            for line, raw in zip(lines, fields.raw(lines), strict=True)
        ]


_Problems = dict[str, dict[int, UnreadableError]]
"""Reasons of rejected lines, by value and line."""


def _read_each(value: Value, rows: pl.DataFrame, problems: dict[int, UnreadableError]) -> Iterator[object]:
    """Yield the value of each row of a line and texts, or None for a problem. Equal texts are read once."""
    known: dict[tuple[str, ...], object] = {}
    for line, *texts in rows.iter_rows():
        key = tuple(texts)
        if key not in known:
            known[key] = _outcome(value, key)
        outcome = known[key]
        if isinstance(outcome, UnreadableError):
            problems.setdefault(line, outcome)
            yield None
        else:
            yield outcome


def _outcome(value: Value, texts: tuple[str, ...]) -> object:
    try:
        return value.read(*texts)
    except UnreadableError as problem:
        return problem
    except ValueError as error:
        return UnreadableError(value.label, str(error))
