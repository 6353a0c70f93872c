"""Reading fields in bulk: expressions that read what is plainly right, and say null for whatever is not.

What they do not read goes to the LineParser, which reads it or explains why not. So they need not know every way to
write a value, but may never read one otherwise than it does.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

import polars as pl

from wingtel.recording.bulk import USAGE_TYPES
from wingtel.recording.entries import LONGEST_REFERENCE, NamedBy
from wingtel.subscriptions.models import Carrier
from wingtel.usage.models import UsageType
from wingtel.usage.ranges import LARGEST_QUANTITY

from .amounts import units_per
from .blocks import Span
from .fields import LINE, FieldTable, RawLines, Reject, field_names
from .moments import FIRST_YEAR, LAST_YEAR
from .parsing import Columns, LineParser, UnreadableError, fingerprint_of
from .profiles import EPOCHS, ISO_8601, OPERATOR_ZONE, Column, Profile, Quantity

CARRIERS = pl.Enum([*Carrier.values, ""])
RECORDS: dict[str, pl.DataType | type[pl.DataType]] = {
    LINE: pl.Int64,
    "usage_type": USAGE_TYPES,
    "record_id": pl.String,
    "moment": pl.Datetime("us", "UTC"),
    "day": pl.Date,
    "name": pl.String,
    "carrier": CARRIERS,
    "quantity": pl.Int64,
    "price": pl.Decimal(14, 4),
}
"""The columns of what is read: what the subscription is called is its `name`; without a price yet, it is -1."""

_PLAIN_PRICE = r"^[0-9]{1,10}(?:\.[0-9]{1,4}0*)?$"
_PLAIN_DECIMAL = r"^[0-9]{1,12}(?:\.[0-9]{1,6})?$"
_SCALE = 1_000_000
"""Parts of a unit that a decimal quantity is read in."""
_LARGEST_PLAIN = 10**15
_DIRECTIVES = {
    "%Y": ("[0-9]{4}", "[0-9]{4}"),
    "%m": ("[0-9]{2}", "[0-9]{1,2}"),
    "%d": ("[0-9]{2}", "[0-9]{1,2}"),
    "%H": ("[0-9]{2}", "[0-9]{1,2}"),
    "%M": ("[0-9]{2}", "[0-9]{1,2}"),
    "%S": ("[0-5][0-9]", "[0-5]?[0-9]"),
}
"""What each may look like beside another directive, and by itself."""
_ISO = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-5][0-9]"

_BLANKS = "".join(character for character in map(chr, range(0x3001)) if character.isspace())
"""What str.strip() takes away, as the line parser does; Polars would leave some of it."""


@dataclass(frozen=True)
class ReadTable:
    """What became of a part of a source, which begins with line `first_line`: `records`, those of a usage type in the
    order of their lines, and the lines that are none.
    """

    span: Span
    first_line: int
    records: pl.DataFrame
    rejects: list[Reject]
    skipped: int
    lines: int
    raw: RawLines


class BulkReader:
    """Reads field tables of a feed whose columns have the names `header`.

    Raises HeaderError when the profile reads columns that are not there, or that are there twice.
    """

    def __init__(self, profile: Profile, header: Sequence[str], operator_zone: ZoneInfo) -> None:
        self.profile = profile
        self.columns = Columns(profile, header)
        self.parser = LineParser(profile, self.columns, operator_zone)
        self._operator_zone = operator_zone
        self._is_stripped = False
        moment = profile.moment
        self._zone = operator_zone if moment.time_zone == OPERATOR_ZONE else ZoneInfo(moment.time_zone)

    def read(self, fields: FieldTable) -> ReadTable:
        """What the fields are."""
        self._is_stripped = fields.is_stripped
        table = self._prepared(fields.table)
        skipped = table.select(pl.col("skip").sum()).item()
        kept = table.filter(~pl.col("skip")) if skipped else table
        shared = self._shared(kept)
        kinds = [self._records(shared, kind) for kind in self.profile.quantities]
        read = pl.concat([part for part in kinds if part.height] or kinds[:1])
        unread = self._unread(kept, read)
        good = read.filter("ok").drop("ok")
        if unread.height:
            good = good.filter(~pl.col(LINE).is_in(unread[LINE].implode()))
        entries, rejects, more_skipped = self._one_by_one(fields, unread)
        return ReadTable(
            span=fields.span,
            first_line=fields.first_line,
            raw=fields.raw,
            records=pl.concat([good, entries]).sort(LINE) if entries.height else good,
            rejects=[*fields.rejects, *rejects],
            skipped=skipped + more_skipped + fields.blank,
            lines=fields.table.height + len(fields.rejects) + fields.blank,
        )

    def _prepared(self, table: pl.DataFrame) -> pl.DataFrame:
        """With constants, values replaced, and whether a line is to be skipped. `kind` is null where it is unknown."""
        names = field_names(len(self.columns.names))
        if not self.profile.reference.columns:
            table = table.with_columns(_fingerprints(table, names[: self.columns.in_file]))
        constants = zip(names[self.columns.in_file :], self.columns.constants, strict=True)
        table = table.with_columns(pl.lit(value).alias(name) for name, value in constants)
        table = table.with_columns(
            pl.coalesce(
                pl.col(names[index])
                .str.strip_chars(_BLANKS)
                .replace_strict(values, default=None, return_dtype=pl.String),
                names[index],
            )
            for index, values in self.columns.values.items()
        )
        skip = pl.lit(False)
        for given in self.profile.filters:
            listed = self._text(given.column).is_in(sorted(given.values))
            skip |= listed if given.excludes else ~listed
        table = table.with_columns(kind=self._kind())
        return table.with_columns(skip=skip | (pl.col("kind") == "skip").fill_null(False))

    def _kind(self) -> pl.Expr:
        types = self.profile.usage_types
        if types.by_quantity:
            used = pl.any_horizontal(*(self._is_used(kind) for kind in self.profile.quantities))
            return pl.when(used).then(pl.lit("both")).otherwise(pl.lit("skip"))
        if types.column is None:
            return pl.lit(str(types.constant))
        values = {value: str(kind) if kind else "skip" for value, kind in types.values.items()}
        return self._text(types.column).replace_strict(values, default=None, return_dtype=pl.String)

    def _is_used(self, kind: UsageType) -> pl.Expr:
        columns = self.profile.quantities[kind].columns
        return pl.any_horizontal(*(self._text(column).str.strip_chars("0.") != "" for column in columns))

    def _shared(self, table: pl.DataFrame) -> pl.DataFrame:
        """With what the records of a line have in common."""
        table = table.with_columns(
            record_id=self._reference(),
            name=self._name(),
            carrier=self._carrier(),
            moment=_first(table, *self._moments()),
        )
        return table.select(
            *(LINE, "kind", "record_id", "name", "carrier"),
            *self._amounts(),
            moment=pl.when(pl.col("moment").dt.year().is_between(FIRST_YEAR + 1, LAST_YEAR - 1)).then("moment"),
            day=pl.col("moment").dt.convert_time_zone(self._operator_zone.key).dt.date(),
        )

    def _amounts(self) -> list[str]:
        """The columns that quantities and prices are read from."""
        read = [column for quantity in self.profile.quantities.values() for column in quantity.columns]
        read += self.profile.price.columns.values() if self.profile.price else ()
        return sorted({f"f{self.columns.index(column)}" for column in read})

    def _records(self, table: pl.DataFrame, kind: UsageType) -> pl.DataFrame:
        by_quantity = self.profile.usage_types.by_quantity
        part = table.filter(self._is_used(kind) if by_quantity else pl.col("kind") == str(kind))
        part = part.with_columns(
            usage_type=pl.lit(str(kind), USAGE_TYPES),
            quantity=_first(part, *self._quantities(self.profile.quantities[kind])),
            price=self._price(kind),
        ).select(*RECORDS)
        return part.with_columns(ok=pl.all_horizontal(pl.all().is_not_null()))

    def _unread(self, table: pl.DataFrame, read: pl.DataFrame) -> pl.DataFrame:
        """The lines of which something was not read."""
        unread = read.filter(~pl.col("ok"))[LINE]
        return table.filter(pl.col("kind").is_null() | pl.col(LINE).is_in(unread.unique().implode()))

    def _one_by_one(self, fields: FieldTable, unread: pl.DataFrame) -> tuple[pl.DataFrame, list[Reject], int]:
        """The lines that were not read in bulk: their records, those rejected, and how many are skipped."""
        rows, problems, skipped = [], [], 0
        if unread.height:
            names = [LINE, *field_names(self.columns.in_file)]
            whole = fields.table.filter(pl.col(LINE).is_in(unread[LINE].implode())).select(names)
            for number, *texts in whole.iter_rows():
                try:
                    entries = self.parser.parse(texts)
                except UnreadableError as problem:
                    problems.append((number, problem))
                    continue
                skipped += not entries
                rows += [self._row(number, *entry) for entry in entries]
        raws = fields.raw([number for number, _ in problems])
        rejects = [
            Reject(number, raw, problem.field, problem.reason)
            for (number, problem), raw in zip(problems, raws, strict=True)
        ]
        return pl.DataFrame(rows, schema=RECORDS, orient="row"), rejects, skipped

    def _row(self, number: int, *entry: object) -> tuple[object, ...]:
        kind, moment, name, quantity, price, record_id, carrier = entry
        assert isinstance(moment, datetime)  # noqa: S101 - of an entry it is
        day = moment.astimezone(self._operator_zone).date()
        return number, str(kind), record_id, moment.astimezone(UTC), day, name, carrier, quantity, price

    def _text(self, column: Column) -> pl.Expr:
        text = pl.col(f"f{self.columns.index(column)}")
        return text if self._is_stripped else text.str.strip_chars(_BLANKS)

    def _is_storable(self, text: pl.Expr, longest: int) -> pl.Expr:
        """Whether a text is certainly not too long, and has no NUL; those of delimited text were found before."""
        fits = text.str.len_bytes() <= longest
        return fits if self.profile.layout.format == "delimited" else fits & ~text.str.contains("\0", literal=True)

    def _reference(self) -> pl.Expr:
        reference = self.profile.reference
        if not reference.columns:
            return pl.lit(reference.prefix) + pl.col("fingerprint")
        parts = [_not_empty(self._text(column)) for column in reference.columns]
        whole = pl.concat_str(*parts, separator=reference.separator)
        if reference.prefix:
            whole = pl.lit(reference.prefix) + whole
        return pl.when(self._is_storable(whole, LONGEST_REFERENCE)).then(whole)

    def _name(self) -> pl.Expr:
        by, name = self.profile.naming.by, self._text(self.profile.naming.column)
        name = pl.when((name != "") & self._is_storable(name, by.longest)).then(name)
        return pl.when(name.str.contains("^[0-9]{1,18}$")).then(name) if by is NamedBy.ID else name

    def _carrier(self) -> pl.Expr:
        source = self.profile.carrier
        if source is None or source.column is None:
            return pl.lit(str(source.constant) if source and source.constant else "", CARRIERS)
        values = {value: str(carrier) for value, carrier in source.values.items()}
        return self._text(source.column).replace_strict(values, default=None, return_dtype=CARRIERS)

    def _quantities(self, quantity: Quantity) -> Iterator[pl.Expr]:
        texts = [self._text(column) for column in quantity.columns]
        if self.profile.usage_types.by_quantity:
            texts = [pl.when(text == "").then(pl.lit("0")).otherwise(text) for text in texts]
        factor = units_per(quantity)
        whole = [text.cast(pl.Int64, strict=False) for text in texts]
        whole = [pl.when(number.is_between(0, LARGEST_QUANTITY)).then(number) for number in whole]
        if factor == 1 and len(texts) == 1:
            yield whole[0]
        else:
            yield _converted(_total(whole), factor, quantity.rounding)
        decimals = [_fitting(text, _PLAIN_DECIMAL).cast(pl.Decimal(38, 6), strict=False) for text in texts]
        parts = [(decimal * _SCALE).cast(pl.Int64, strict=False) for decimal in decimals]
        yield _converted(_total(parts), factor / _SCALE, quantity.rounding)

    def _price(self, kind: UsageType) -> pl.Expr:
        if not self.profile.price:
            return pl.lit(-1).cast(pl.Decimal(14, 4))
        text = self._text(self.profile.price.columns[kind])
        return pl.when(text.str.contains(_PLAIN_PRICE)).then(text).cast(pl.Decimal(14, 4), strict=False)

    def _moments(self) -> Iterator[pl.Expr]:
        texts = [self._text(column) for column in self.profile.moment.columns]
        text = texts[0] if len(texts) == 1 else pl.concat_str(*texts, separator=" ")
        for form in self.profile.moment.formats:
            if form == ISO_8601:
                yield from self._iso(text)
            elif form in EPOCHS:
                number = _fitting(text, "^[0-9]{1,15}$").cast(pl.Int64, strict=False)
                number = pl.when(number <= _LARGEST_PLAIN // EPOCHS[form]).then(number)
                yield (number * EPOCHS[form]).cast(pl.Datetime("us", "UTC"))
            elif shape := _shape(form):
                yield self._local(_fitting(text, shape), form)
            else:  # a later format must not read what this one would
                return

    def _iso(self, text: pl.Expr) -> Iterator[pl.Expr]:
        """By far the commonest ways to write it."""
        for between in "T ":
            shape, form = _ISO.replace("T", between), f"%Y-%m-%d{between}%H:%M:%S"
            with_offset = _fitting(text, shape + r"(?:Z|[+-][01][0-9]:[0-5][0-9])$")
            yield with_offset.str.to_datetime(form + "%#z", time_unit="us", strict=False)
            yield self._local(_fitting(text, shape + "$"), form)

    def _local(self, text: pl.Expr, form: str) -> pl.Expr:
        naive = text.str.to_datetime(form, time_unit="us", strict=False)
        there = naive.dt.replace_time_zone(self._zone.key, ambiguous="earliest", non_existent="null")
        return there.dt.convert_time_zone("UTC")


def _first(table: pl.DataFrame, *candidates: pl.Expr) -> pl.Series:
    """The first candidate that is not null, row by row; a later one is computed only where earlier ones leave nulls."""
    read: pl.Series | None = None
    for candidate in candidates:
        if read is not None and not read.null_count():
            break
        found = table.select(candidate.alias("found")).to_series()
        read = found if read is None else read.zip_with(read.is_not_null(), found)
    return pl.repeat(None, table.height, dtype=pl.Datetime("us", "UTC"), eager=True) if read is None else read


def _fingerprints(table: pl.DataFrame, names: Sequence[str]) -> pl.Series:
    joined = table.select(pl.concat_str(*names, separator="\x1f")).to_series()
    return pl.Series("fingerprint", map(fingerprint_of, joined), dtype=pl.String)


def _fitting(text: pl.Expr, pattern: str) -> pl.Expr:
    return pl.when(text.str.contains(pattern)).then(text)


def _shape(form: str) -> str | None:
    """A pattern of what can be read by a format, None where it has directives that differ from Python's."""
    parts = re.findall("%.|[^%]", form, re.DOTALL)
    shape = ""
    for before, part, after in zip(["", *parts], parts, [*parts[1:], ""], strict=False):
        if part in _DIRECTIVES:
            exact, loose = _DIRECTIVES[part]
            shape += exact if "%" in before + after else loose
        elif part.startswith("%") or (part.isspace() and part != " "):
            return None
        else:
            shape += re.escape(part)
    return f"^{shape}$" if all(parts.count(directive) <= 1 for directive in _DIRECTIVES) and "%Y" in parts else None


def _not_empty(text: pl.Expr) -> pl.Expr:
    return pl.when(text != "").then(text)


def _total(parts: Sequence[pl.Expr]) -> pl.Expr:
    """The sum as a wide integer, null where a part is."""
    total = parts[0].cast(pl.Int128)
    for part in parts[1:]:
        total = total + part.cast(pl.Int128)
    return total


def _converted(amount: pl.Expr, factor: Fraction, rounding: str) -> pl.Expr:
    """amount * factor, exactly, rounded; null beyond the largest quantity."""
    times, over = factor.numerator, factor.denominator
    scaled = amount * times if times != 1 else amount
    if over != 1:
        scaled = rounded_quotient(scaled, over, rounding)
    return pl.when(scaled <= LARGEST_QUANTITY).then(scaled).cast(pl.Int64)


def rounded_quotient(amount: pl.Expr, over: int, rounding: str) -> pl.Expr:
    """amount / over of wide integers that are not negative, rounded up, down or half_even."""
    if rounding == "up":
        return (amount + (over - 1)) // over
    whole = amount // over
    if rounding == "down":
        return whole
    twice = (amount - whole * over) * 2
    is_up = (twice > over) | ((twice == over) & (whole % 2 == 1))
    return whole + is_up.cast(pl.Int128)
