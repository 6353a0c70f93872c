"""Feed profiles: what a carrier's files look like, said in TOML.

Profiles that ship with Wingtel stand in `profiles/`; `wingtel.toml` there describes every key.
"""

import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from zoneinfo import available_timezones

from wingtel.ingest.batch import Lookup, OnDuplicate
from wingtel.rating import Rate, Tariff
from wingtel.subscriptions.models import Carrier
from wingtel.usage.models import UsageType

from .errors import ProfileError
from .toml_tables import Table

Column = str | int
"""A column by its name, or by its position counted from 1."""

ISO_8601 = "iso8601"
EPOCHS = {"unix": 1_000_000, "unix_ms": 1_000}
"""Whole seconds, or milliseconds, since 1970 in UTC; and the microseconds that one has."""
OPERATOR_ZONE = "operator"
ENCODINGS = ("utf-8", "latin-1", "cp1252")
FORMATS = ("delimited", "ndjson", "parquet")
ROUNDINGS = ("up", "down", "half_even")
DATA_UNITS = ("bytes", "kilobytes", "megabytes", "gigabytes")
VOICE_UNITS = ("seconds", "minutes")


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How lines become fields. `quote` is "" when nothing is quoted; `columns` are names for a file without
    header.

    As many as `optional_trailing` columns at the end of a line may be missing. Only `format` matters to NDJSON and
    Parquet.
    """

    format: str
    delimiter: str
    quote: str
    encoding: str
    header: bool
    columns: tuple[str, ...]
    optional_trailing: int


@dataclass(frozen=True, kw_only=True)
class Moment:
    """When it was used: columns joined with a space, read by the first of `formats` that fits.

    `time_zone` (an IANA name, or "operator" for the zone of the business days) holds for moments without an
    offset.
    """

    columns: tuple[Column, ...]
    formats: tuple[str, ...]
    time_zone: str


@dataclass(frozen=True, kw_only=True)
class UsageTypes:
    """What was used: the value of `column` in `values`, where None means to skip the line; or `constant`; or both
    types `by_quantity`, each where its columns are neither empty nor zero.
    """

    column: Column | None
    values: Mapping[str, UsageType | None]
    constant: UsageType | None
    by_quantity: bool = False


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """How much was used: the sum of `columns`, in `unit`, rounded once to whole kilobytes or seconds.

    A kilobyte has `kilobyte` bytes, a megabyte that squared.
    """

    columns: tuple[Column, ...]
    unit: str
    kilobyte: int = 1000
    rounding: str = "up"


@dataclass(frozen=True, kw_only=True)
class Price:
    """The price on the line: the column of each usage type. Without `is_rounded` (half to even, to 4 decimals), more
    decimals are refused.
    """

    columns: Mapping[UsageType, Column]
    is_rounded: bool = False


@dataclass(frozen=True, kw_only=True)
class Reference:
    """The record's own reference: `prefix` and the values of `columns` with `separator` between them, or a hash of the
    line when there is none.
    """

    columns: tuple[Column, ...]
    separator: str
    prefix: str
    on_duplicate: OnDuplicate


@dataclass(frozen=True, kw_only=True)
class Naming:
    """How a line names its subscription."""

    by: Lookup
    column: Column


@dataclass(frozen=True, kw_only=True)
class CarrierSource:
    """Who carries it: the value of `column` in `values`, or `constant`."""

    column: Column | None
    values: Mapping[str, Carrier]
    constant: Carrier | None


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which lines are read: those whose `column` is one of `values`, or with `excludes` the others."""

    column: Column
    values: frozenset[str]
    excludes: bool


@dataclass(frozen=True, kw_only=True)
class Profile:
    """Everything there is to know about a carrier's files. Exactly one of `price` and `tariff` is given.

    `constants` are columns that the file does not have. `values` replace values of columns, before anything else reads
    them. `digest` is the hash of the profile's text.
    """

    name: str
    description: str
    digest: str
    layout: Layout
    constants: Mapping[str, str]
    values: Mapping[str, Mapping[str, str]]
    filters: tuple[Filter, ...]
    moment: Moment
    usage_types: UsageTypes
    quantities: Mapping[UsageType, Quantity]
    price: Price | None
    tariff: Tariff | None
    reference: Reference
    naming: Naming
    carrier: CarrierSource | None


def shipped() -> list[str]:
    """The names of the profiles that ship with Wingtel."""
    folder = files(__package__) / "profiles"
    return sorted(file.name.removesuffix(".toml") for file in folder.iterdir() if file.name.endswith(".toml"))


def find(name_or_path: str) -> Profile:
    """The shipped profile of that name, or the one in that TOML file.

    Raises ProfileError when there is neither, naming the shipped ones, or when the profile is wrong.
    """
    if name_or_path in shipped():
        file = files(__package__) / "profiles" / f"{name_or_path}.toml"
        return parse(file.read_bytes(), source=file.name)
    path = Path(name_or_path)
    if not path.is_file():
        raise ProfileError(
            f"unknown feed profile {name_or_path!r}: it is neither a file nor one of {', '.join(shipped())}"
        )
    return parse(path.read_bytes(), source=path.name)


def parse(content: bytes, *, source: str) -> Profile:
    """The profile that a TOML file says; `source` is the file's name.

    Raises ProfileError, with `source` and the dotted key, for whatever is missing, unknown or contradictory.
    """
    try:
        table = Table(source, "", tomllib.loads(content.decode()))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProfileError(f"{source}: {error}") from error
    layout = _layout(table.table("layout"))
    table.names_only = layout.format == "ndjson"  # members of an object come in any order
    profile = Profile(
        name=source.removesuffix(".toml"),
        description=table.text("description", ""),
        digest=hashlib.sha256(content).hexdigest(),
        layout=layout,
        constants=_texts_by_name(table.optional_table("constants")),
        values=_values(table.optional_table("values")),
        filters=tuple(map(_filter, table.tables("filter"))),
        moment=_moment(table.table("moment")),
        usage_types=(usage_types := _usage_types(table.table("usage_type"))),
        quantities=(quantities := _quantities(table, usage_types)),
        price=_price(table, tuple(quantities)),
        tariff=_tariff(table, tuple(quantities)),
        reference=_reference(table),
        naming=_naming(table.table("subscription")),
        carrier=_carrier(table.optional_table("carrier")),
    )
    table.done()
    if profile.price and profile.tariff:
        table.fail("tariff", "there is a price column as well; keep one of the two")
    if not profile.price and not profile.tariff:
        table.fail("price", "missing; say the price's column, or a [tariff]")
    return profile


def _texts_by_name(table: Table | None) -> dict[str, str]:
    return {name: table.text(name) for name in table.content} if table else {}


def _values(table: Table | None) -> dict[str, dict[str, str]]:
    return {column: _texts_by_name(table.table(column)) for column in table.content} if table else {}


def _filter(table: Table) -> Filter:
    column, kept, left_out = table.column("column"), table.texts("in"), table.texts("not_in")
    table.done()
    if bool(kept) == bool(left_out):
        table.fail("in", "either in or not_in is needed, with at least one value")
    return Filter(column=column, values=frozenset(kept or left_out), excludes=bool(left_out))


def _layout(table: Table) -> Layout:
    layout = Layout(
        format=table.choice("format", FORMATS, "delimited"),
        delimiter=table.text("delimiter", ","),
        quote=table.text("quote", '"'),
        encoding=table.choice("encoding", ENCODINGS, "utf-8"),
        header=table.flag("header", True),
        columns=table.texts("columns"),
        optional_trailing=table.number("optional_trailing", 0),
    )
    table.done()
    if not _is_mark(layout.delimiter):
        table.fail("delimiter", f"has to be one character of ASCII, not {layout.delimiter!r}")
    if layout.quote and (layout.quote == layout.delimiter or not _is_mark(layout.quote)):
        table.fail("quote", f"has to be one character other than the delimiter, or empty, not {layout.quote!r}")
    if layout.format != "delimited":
        for key in {"delimiter", "quote", "encoding", "header", "columns", "optional_trailing"} & set(table.content):
            table.fail(key, f"means nothing to {layout.format}; take it out")
        return layout
    if layout.header and layout.columns:
        table.fail("columns", "only a file without header needs names; set header = false, or take them out")
    if not layout.header and not layout.columns:
        table.fail("columns", "missing; a file without header needs the names of all its columns")
    if len(set(layout.columns)) != len(layout.columns):
        table.fail("columns", "names a column twice")
    return layout


def _is_mark(text: str) -> bool:
    return len(text) == 1 and text.isascii() and text not in "\r\n\0\x1f"


def _moment(table: Table) -> Moment:
    moment = Moment(
        columns=table.columns("columns"),
        formats=table.texts("formats") or (ISO_8601,),
        time_zone=table.text("time_zone", OPERATOR_ZONE),
    )
    table.done()
    if len(moment.columns) > 2:
        table.fail("columns", "one column, or two (date and time), not more")
    for form in moment.formats:
        if form not in (ISO_8601, *EPOCHS) and "%" not in form:
            table.fail(
                "formats", f'{form!r} is neither "iso8601", "unix", "unix_ms" nor a format such as "%Y-%m-%d %H:%M:%S"'
            )
    if moment.time_zone != OPERATOR_ZONE and moment.time_zone not in available_timezones():
        table.fail("time_zone", f'{moment.time_zone!r} is neither a zone such as "Europe/Berlin" nor "operator"')
    return moment


def _usage_types(table: Table) -> UsageTypes:
    if table.get("constant") is not None:
        constant = UsageType(table.choice("constant", UsageType.values))
        table.done()
        return UsageTypes(column=None, values={}, constant=constant)
    if table.flag("by_quantity", False):
        table.done()
        return UsageTypes(column=None, values={}, constant=None, by_quantity=True)
    meanings: list[tuple[str, UsageType | None]] = [
        *((kind.value, kind) for kind in UsageType),
        ("skip", None),
    ]
    values: dict[str, UsageType | None] = {}
    for key, meaning in meanings:
        for value in table.texts(key):
            if value in values:
                table.fail(key, f"{value!r} has another meaning already")
            values[value] = meaning
    column = table.column("column")
    if not any(values.values()):
        table.fail("data", "no value means data or voice")
    table.done()
    return UsageTypes(column=column, values=values, constant=None)


def _quantities(table: Table, usage_types: UsageTypes) -> dict[UsageType, Quantity]:
    needed = {usage_types.constant, *usage_types.values.values()}
    quantities = {}
    for kind, units in ((UsageType.DATA, DATA_UNITS), (UsageType.VOICE, VOICE_UNITS)):
        if table.get(kind.value) is not None or kind in needed or usage_types.by_quantity:
            quantities[kind] = _quantity(table.table(kind.value), units)
    return quantities


def _quantity(table: Table, units: tuple[str, ...]) -> Quantity:
    columns, unit = table.columns("columns"), table.choice("unit", units)
    kilobyte = 1000
    if "bytes" in units:
        kilobyte = table.number("kilobyte", 1000)
        if kilobyte not in {1000, 1024}:
            table.fail("kilobyte", f"has 1000 or 1024 bytes, not {kilobyte}")
    rounding = table.choice("rounding", ROUNDINGS, "up")
    table.done()
    return Quantity(columns=columns, unit=unit, kilobyte=kilobyte, rounding=rounding)


def _price(table: Table, kinds: Sequence[UsageType]) -> Price | None:
    price = table.optional_table("price")
    if not price:
        return None
    if price.get("column") is not None:
        columns = dict.fromkeys(kinds, price.column("column"))
    else:
        columns = {kind: price.column(kind.value) for kind in kinds}
    is_rounded = price.flag("round", False)
    price.done()
    return Price(columns=columns, is_rounded=is_rounded)


def _tariff(table: Table, kinds: Sequence[UsageType]) -> Tariff | None:
    tariff = table.optional_table("tariff")
    if not tariff:
        return None
    rates = {kind: tuple(map(_rate, tariff.tables(kind.value))) for kind in kinds}
    for kind, given in rates.items():
        if not given:
            tariff.fail(kind.value, f"missing; a list of tables [[tariff.{kind.value}]] is needed")
    tariff.done()
    return Tariff(rates)


def _rate(table: Table) -> Rate:
    rate = Rate(
        price=table.decimal("price"),
        block=table.number("block", 1, least=1),
        included=table.number("included", 0),
        plan=table.text("plan", ""),
        valid_from=table.day("valid_from"),
    )
    table.done()
    return rate


def _reference(table: Table) -> Reference:
    reference = table.optional_table("reference")
    if not reference:
        return Reference(columns=(), separator="", prefix="", on_duplicate=OnDuplicate.IGNORE)
    columns = reference.columns("columns") if reference.get("columns") is not None else ()
    separator, prefix = reference.text("separator", "-"), reference.text("prefix", "")
    for key, text in (("prefix", prefix), ("separator", separator)):
        if len(text) > 50 or "\0" in text:
            reference.fail(key, "has to be 50 characters at most")
    on_duplicate = OnDuplicate(reference.choice("on_duplicate", list(OnDuplicate), OnDuplicate.IGNORE))
    reference.done()
    return Reference(columns=columns, separator=separator, prefix=prefix, on_duplicate=on_duplicate)


def _naming(table: Table) -> Naming:
    naming = Naming(by=Lookup(table.choice("by", list(Lookup))), column=table.column("column"))
    table.done()
    return naming


def _carrier(table: Table | None) -> CarrierSource | None:
    if not table:
        return None
    if table.get("constant") is not None:
        constant = Carrier(table.choice("constant", Carrier.values))
        table.done()
        return CarrierSource(column=None, values={}, constant=constant)
    column = table.column("column")
    values = {carrier.value: carrier for carrier in Carrier}
    if renamed := table.optional_table("values"):
        values = {value: Carrier(renamed.choice(value, Carrier.values)) for value in renamed.content}
    table.done()
    return CarrierSource(column=column, values=values, constant=None)
