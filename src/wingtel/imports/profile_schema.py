"""Profile schema: the tables of a feed profile, as in its TOML file.

`profiles/wingtel.toml` describes every key. `__post_init__` raises KeyProblemError for keys that contradict each other.
"""

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Annotated, Literal, NoReturn, get_args
from zoneinfo import available_timezones

from msgspec import Meta, Struct, field

from wingtel.ingest.batch import Lookup, OnDuplicate
from wingtel.rating import Rate
from wingtel.usage.models import UsageType

from .timestamp_formats import ISO_8601, problem_of

Column = Annotated[
    Annotated[str, Meta(min_length=1)] | Annotated[int, Meta(ge=1)],
    Meta(description="a column name, or a position from 1"),
]
"""A column by its name, or by its position counted from 1."""
SeveralColumns = Annotated[tuple[Column, ...], Meta(min_length=1, description="a list of column names or positions")]
WholeNumber = Annotated[int, Meta(ge=0)]
ShortText = Annotated[str, Meta(max_length=50, pattern="^[^\0]*$", description="a text of 50 characters at most")]
Format = Literal["delimited", "ndjson", "parquet"]
Encoding = Literal["utf-8", "latin-1", "cp1252"]
Rounding = Literal["up", "down", "half_even"]
DataUnit = Literal["bytes", "kilobytes", "megabytes", "gigabytes"]
VoiceUnit = Literal["milliseconds", "seconds", "minutes", "hh:mm:ss", "mm:ss"]
DATA_UNITS, VOICE_UNITS, ROUNDINGS = get_args(DataUnit), get_args(VoiceUnit), get_args(Rounding)

OPERATOR_ZONE = "operator"


class KeyProblemError(ValueError):
    """A problem of a table at `key`, which may be dotted."""

    def __init__(self, key: str, problem: str) -> None:
        super().__init__(problem)
        self.key = key


class Section(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of a profile."""

    def fail(self, key: str, problem: str) -> NoReturn:
        """Raise KeyProblemError for a key of this table."""
        raise KeyProblemError(key, problem)


class Layout(Section, frozen=True, kw_only=True):
    """Layout of lines and fields. NDJSON and Parquet have `format` only.

    `quote` is "" when nothing is quoted. `columns` are the names of the columns of a file without header. At the end of
    a line, up to `optional_trailing` columns may be missing. The first `skip_lines` lines of a file, before a header,
    are skipped.
    """

    format: Format = "delimited"
    delimiter: str = ","
    quote: str = '"'
    encoding: Encoding = "utf-8"
    header: bool = True
    columns: tuple[str, ...] = ()
    optional_trailing: WholeNumber = 0
    skip_lines: Annotated[int, Meta(ge=0, le=1000, description="a whole number from 0 to 1000")] = 0

    def __post_init__(self) -> None:
        """Check that the keys fit each other."""
        if self.format != "delimited":
            for key in self.__struct_fields__[1:]:
                if getattr(self, key) != getattr(_DELIMITED, key):
                    self.fail(key, f"means nothing to {self.format}; remove it")
        if not _is_mark(self.delimiter):
            self.fail("delimiter", f"has to be one character of ASCII, not {self.delimiter!r}")
        if self.quote and (self.quote == self.delimiter or not _is_mark(self.quote)):
            self.fail("quote", f"has to be one character other than the delimiter, or empty, not {self.quote!r}")
        if self.header and self.columns:
            self.fail("columns", "only a file without header needs names; set header = false, or remove them")
        if not self.header and not self.columns:
            self.fail("columns", "missing; a file without header needs the names of all its columns")
        if len(set(self.columns)) != len(self.columns):
            self.fail("columns", "names a column twice")


def _is_mark(text: str) -> bool:
    return len(text) == 1 and text.isascii() and text not in "\r\n\0\x1f"


_DELIMITED = Layout()


class Timestamp(Section, frozen=True, kw_only=True):
    """Timestamp: columns joined with a space, read by the first of `formats` that fits.

    `time_zone` is for timestamps without an offset: an IANA name, or "operator" for the zone of the business days.
    """

    columns: SeveralColumns
    formats: Annotated[tuple[str, ...], Meta(min_length=1)] = (ISO_8601,)
    time_zone: str = OPERATOR_ZONE

    def __post_init__(self) -> None:
        """Check the columns, the formats and the zone."""
        if len(self.columns) > 2:
            self.fail("columns", "one column, or two (date and time), not more")
        for form in self.formats:
            if problem := problem_of(form):
                self.fail("formats", f"{form!r} {problem}")
        if self.time_zone != OPERATOR_ZONE and self.time_zone not in available_timezones():
            self.fail("time_zone", f'{self.time_zone!r} is neither a zone such as "Europe/Berlin" nor "operator"')


class UsageTypes(Section, frozen=True, kw_only=True):
    """Usage type of a line, given in one of three ways.

    It is the list that has the value of `column`, or `constant`. With `by_quantity`, a line is each type whose columns
    are neither empty nor zero.
    """

    column: Column | None = None
    data: tuple[str, ...] = ()
    voice: tuple[str, ...] = ()
    sms: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    constant: UsageType | None = None
    by_quantity: bool = False

    def __post_init__(self) -> None:
        """Check that there is one source of the type, and one meaning of each value."""
        other = "constant" if self.constant else "by_quantity" if self.by_quantity else ""
        for key in ("column", *UsageType.values, "skip", "by_quantity") if other else ():
            if key != other and getattr(self, key):
                self.fail(key, f"means nothing beside {other}; keep one of the two")
        if other:
            return
        if self.column is None:
            self.fail("column", "missing; a column name, or a position from 1, is needed; or constant, or by_quantity")
        listed: set[str] = set()
        for key in (*UsageType.values, "skip"):
            for value in getattr(self, key):
                if value in listed:
                    self.fail(key, f"{value!r} has another meaning already")
                listed.add(value)
        if not (self.data or self.voice or self.sms):
            self.fail("data", f"no value means {' or '.join(UsageType.values)}")

    @property
    def values(self) -> dict[str, UsageType | None]:
        """Usage type of each value of the column, None for values to skip."""
        return {value: kind for kind in UsageType for value in getattr(self, kind.value)} | dict.fromkeys(
            self.skip, None
        )


class NumberForm(Section, frozen=True, kw_only=True):
    """Form of quantities and prices.

    `decimal` is the mark before decimals. `thousands` is the mark between groups of three digits, "" for none.
    `negative` is the treatment of a record with a negative quantity or price.
    """

    decimal: Literal[".", ","] = "."
    thousands: Literal["", ".", ",", " ", "'", "\u2019", "_", "\u00a0", "\u202f"] = ""
    negative: Literal["reject", "adjust"] = "reject"

    def __post_init__(self) -> None:
        """Check that the two marks differ."""
        if self.decimal == self.thousands:
            self.fail("thousands", "is the mark before decimals as well")

    @property
    def takes_credits(self) -> bool:
        """True if negative records become adjustments."""
        return self.negative == "adjust"


class Weighted(Section, frozen=True, kw_only=True):
    """A column that counts `weight` times in a sum, such as the carries of a counter."""

    column: Column
    weight: Annotated[int, Meta(ge=1, le=2**40, description="a whole number from 1 to 2 to the 40th")] = 1


class Quantity(Section, frozen=True, kw_only=True):
    """Quantity used: the sum of `columns`, in `unit`, rounded once to whole units of the usage type."""

    columns: Annotated[
        tuple[Column | Weighted, ...],
        Meta(min_length=1, description="a list of column names or positions, or of tables of column and weight"),
    ]
    unit: str
    rounding: Rounding = "up"

    @property
    def weighted(self) -> list[tuple[Column, int]]:
        """Columns, each with its weight."""
        return [(each.column, each.weight) if isinstance(each, Weighted) else (each, 1) for each in self.columns]

    @property
    def factor(self) -> Fraction:
        """Kilobytes, or seconds, of one unit."""
        raise NotImplementedError

    @property
    def parts(self) -> int:
        """Number of parts (bytes, or thousandths) of a kilobyte or second in which segments are added up."""
        return max(self.factor.denominator, 1000)


class DataQuantity(Quantity, frozen=True, kw_only=True):
    """A quantity of data. A kilobyte has `kilobyte` bytes, and a megabyte has `kilobyte` kilobytes."""

    unit: DataUnit
    kilobyte: Literal[1000, 1024] = 1000

    @property
    def factor(self) -> Fraction:
        """Kilobytes of one unit."""
        return Fraction(self.kilobyte) ** (DATA_UNITS.index(self.unit) - 1)


class VoiceQuantity(Quantity, frozen=True, kw_only=True):
    """A quantity of voice. In the unit hh:mm:ss, hours may be missing."""

    unit: VoiceUnit

    @property
    def factor(self) -> Fraction:
        """Seconds of one unit."""
        return Fraction(60) if self.unit == "minutes" else Fraction(1, 1000 if self.unit == "milliseconds" else 1)


class SmsQuantity(Quantity, frozen=True, kw_only=True):
    """A number of messages. Without columns, each line is one message."""

    columns: tuple[Column | Weighted, ...] = ()
    unit: Literal["messages"] = "messages"

    @property
    def factor(self) -> Fraction:
        """The messages of one unit."""
        return Fraction(1)


class Shares(Section, frozen=True, kw_only=True):
    """Share of each usage type in a price, as texts, so that none is ever a float."""

    data: str
    voice: str

    def __post_init__(self) -> None:
        """Check that the shares add up to 1."""
        for key in ("data", "voice"):
            if not re.fullmatch(r"[01](\.[0-9]{1,9})?", getattr(self, key)):
                self.fail(key, f'{getattr(self, key)!r} is not a decimal from 0 to 1, such as "0.7"')
        if Decimal(self.data) + Decimal(self.voice) != 1:
            self.fail("voice", f"{self.data} and {self.voice} do not add up to 1")


class Price(Section, frozen=True, kw_only=True):
    """Price on the line: `column` for all usage types, or a column for each.

    With `is_rounded`, a price is rounded half to even to 8 decimals. Without it, more decimals are rejected. `of_both`
    is for a line of both types: its price goes to one type, or is shared. `of_neither` is the type of a price without
    usage. Without it, such a line is rejected.
    """

    column: Column | None = None
    data: Column | None = None
    voice: Column | None = None
    sms: Column | None = None
    is_rounded: bool = field(name="round", default=False)
    of_both: UsageType | Shares | None = None
    of_neither: UsageType | None = None

    def __post_init__(self) -> None:
        """Check that no type has two columns, and that rules for one price have one column."""
        for key in UsageType.values:
            if self.column is not None and getattr(self, key) is not None:
                self.fail(key, "there is one column for all usage types as well; keep one of the two")
        for key in ("of_both", "of_neither"):
            if getattr(self, key) is UsageType.SMS:
                self.fail(key, "a line of two types is data and voice")
            if self.column is None and getattr(self, key) is not None:
                self.fail(key, "means nothing beside columns for each usage type; remove it")


class TariffRate(Section, frozen=True, kw_only=True):
    """A rate. `price` is a text, so that it is never a float."""

    price: str
    block: Annotated[int, Meta(ge=1)] = 1
    included: WholeNumber = 0
    plan: str = ""
    valid_from: Annotated[date, Meta(description="a date such as 2026-03-31")] = date.min

    def __post_init__(self) -> None:
        """Check that the price is an exact decimal within the range of the computation."""
        try:
            price = Decimal(self.price)
        except InvalidOperation:
            self.fail("price", f"{self.price!r} is not a decimal number")
        if not price.is_finite() or price < 0 or price >= 10**10 or len(price.as_tuple().digits) > 20:
            self.fail("price", f"{self.price!r} has to be from 0 to below 10000000000, with 20 digits at most")

    def rate(self) -> Rate:
        """Return the rate of a tariff."""
        return Rate(
            price=Decimal(self.price),
            block=self.block,
            included=self.included,
            plan=self.plan,
            valid_from=self.valid_from,
        )


class TariffRates(Section, frozen=True, kw_only=True):
    """Rates of each usage type."""

    data: tuple[TariffRate, ...] = ()
    voice: tuple[TariffRate, ...] = ()
    sms: tuple[TariffRate, ...] = ()


class Reference(Section, frozen=True, kw_only=True):
    """Record's own reference: `prefix` and the values of `columns` with `separator` between them.

    Without columns it is a hash of the line. Lines with the same hash are `one_record`, or they are `numbered` within
    the file. With `segments`, lines with one reference and subscription are segments of one record.
    """

    columns: SeveralColumns = ()
    separator: ShortText = "-"
    prefix: ShortText = ""
    on_duplicate: OnDuplicate = OnDuplicate.IGNORE
    equal_lines: Literal["one_record", "numbered"] = "one_record"
    segments: bool = False

    def __post_init__(self) -> None:
        """Check that only lines without a reference are numbered, and only lines with one are segments."""
        if self.segments and not self.columns:
            self.fail("segments", "needs columns: lines are put together by their reference")
        if self.segments and self.on_duplicate is not OnDuplicate.IGNORE:
            self.fail("segments", 'a late segment is a conflict; on_duplicate has to be "ignore"')
        if self.columns and self.numbers_lines:
            self.fail("equal_lines", "means nothing beside columns, which identify the records; remove it")

    @property
    def numbers_lines(self) -> bool:
        """True if equal lines are numbered within the file."""
        return self.equal_lines == "numbered"


class IdentifierSource(Section, frozen=True, kw_only=True):
    """Identifier of a line's subscription."""

    by: Lookup
    column: Column


class CarrierSource(Section, frozen=True, kw_only=True):
    """Carrier's code: the value of `column`, or its translation in `values`; or `constant`."""

    column: Column | None = None
    values: dict[str, ShortText] = field(default_factory=dict)
    constant: ShortText | None = None

    def __post_init__(self) -> None:
        """Check that there is one source of the carrier."""
        if self.column is None and self.constant is None:
            self.fail("column", "missing; a column name, or a position from 1, is needed; or constant")
        if self.column is not None and self.constant is not None:
            self.fail("column", "means nothing beside constant; keep one of the two")


class Filter(Section, frozen=True, kw_only=True):
    """Lines that are read: those whose `column` is one of `values`, or with `excludes` the other lines."""

    column: Column
    within: tuple[str, ...] = field(name="in", default=())
    not_in: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check that there is one list."""
        if bool(self.within) == bool(self.not_in):
            self.fail("in", "either in or not_in is needed, with at least one value")

    @property
    def values(self) -> frozenset[str]:
        """Values that are listed."""
        return frozenset(self.within or self.not_in)

    @property
    def excludes(self) -> bool:
        """True if lines with a listed value are skipped."""
        return bool(self.not_in)


class Sections(Section, frozen=True, kw_only=True):
    """All tables of a profile. It has either a price or a tariff.

    `constants` are columns that the file does not have. `values` replace values of columns, before anything else reads
    them.
    """

    description: str = ""
    layout: Layout
    constants: dict[str, str] = {}
    values: dict[str, dict[str, str]] = {}
    filters: tuple[Filter, ...] = field(name="filter", default=())
    numbers: NumberForm = NumberForm()
    timestamp: Timestamp
    usage_types: UsageTypes = field(name="usage_type")
    data: DataQuantity | None = None
    voice: VoiceQuantity | None = None
    sms: SmsQuantity | None = None
    price: Price | None = None
    rates: TariffRates | None = field(name="tariff", default=None)
    reference: Reference = Reference()
    identifier: IdentifierSource = field(name="subscription")
    carrier: CarrierSource | None = None
