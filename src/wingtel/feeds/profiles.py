"""Feed profiles: what a carrier's files look like, said in TOML.

Profiles that ship with Wingtel stand in `profiles/`; `wingtel.toml` there describes every key.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from zoneinfo import available_timezones

from wingtel.recording.entries import NamedBy
from wingtel.recording.tariffs import Tariff
from wingtel.subscriptions.models import Carrier
from wingtel.usage.models import UsageType

from .errors import ProfileError
from .toml_tables import Table

Column = str | int
"""A column by its name, or by its position counted from 1."""

ISO_8601 = "iso8601"
OPERATOR_ZONE = "operator"
ENCODINGS = ("utf-8", "latin-1", "cp1252")
DATA_UNITS = ("bytes", "kilobytes", "megabytes", "gigabytes")
VOICE_UNITS = ("seconds", "minutes")


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How lines become fields. `quote` is "" when nothing is quoted; `columns` are names for a file without
    header.

    As many as `optional_trailing` columns at the end of a line may be missing.
    """

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
    """What was used: the value of `column` in `values`, where None means to skip the line; or `constant`."""

    column: Column | None
    values: Mapping[str, UsageType | None]
    constant: UsageType | None


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """How much was used: the sum of `columns`, in `unit`. A kilobyte has `kilobyte` bytes, a megabyte that
    squared.
    """

    columns: tuple[Column, ...]
    unit: str
    kilobyte: int = 1000


@dataclass(frozen=True, kw_only=True)
class Reference:
    """The record's own reference: `prefix` and the value of `column`, or a hash of the line when there is
    none.
    """

    column: Column | None
    prefix: str


@dataclass(frozen=True, kw_only=True)
class Naming:
    """How a line names its subscription."""

    by: NamedBy
    column: Column


@dataclass(frozen=True, kw_only=True)
class CarrierSource:
    """Who carries it: the value of `column` in `values`, or `constant`."""

    column: Column | None
    values: Mapping[str, Carrier]
    constant: Carrier | None


@dataclass(frozen=True, kw_only=True)
class Profile:
    """Everything there is to know about a carrier's files. Exactly one of `price` and `tariff` is given."""

    name: str
    layout: Layout
    moment: Moment
    usage_types: UsageTypes
    quantities: Mapping[UsageType, Quantity]
    price: Column | None
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
    price, tariff = _price(table)
    profile = Profile(
        name=source.removesuffix(".toml"),
        layout=_layout(table.table("layout")),
        moment=_moment(table.table("moment")),
        usage_types=(usage_types := _usage_types(table.table("usage_type"))),
        quantities=_quantities(table, usage_types),
        price=price,
        tariff=tariff,
        reference=_reference(table),
        naming=_naming(table.table("subscription")),
        carrier=_carrier(table.optional_table("carrier")),
    )
    table.text("description", "")
    table.done()
    return profile


def _layout(table: Table) -> Layout:
    layout = Layout(
        delimiter=table.text("delimiter", ","),
        quote=table.text("quote", '"'),
        encoding=table.choice("encoding", ENCODINGS, "utf-8"),
        header=table.flag("header", True),
        columns=table.texts("columns"),
        optional_trailing=table.number("optional_trailing", 0),
    )
    table.done()
    if len(layout.delimiter) != 1 or layout.delimiter in "\r\n\0":
        table.fail("delimiter", f"has to be one character, not {layout.delimiter!r}")
    if len(layout.quote) > 1 or (layout.quote and layout.quote in f"\r\n\0{layout.delimiter}"):
        table.fail("quote", f"has to be one character other than the delimiter, or empty, not {layout.quote!r}")
    if layout.header and layout.columns:
        table.fail("columns", "only a file without header needs names; set header = false, or take them out")
    if not layout.header and not layout.columns:
        table.fail("columns", "missing; a file without header needs the names of all its columns")
    if len(set(layout.columns)) != len(layout.columns):
        table.fail("columns", "names a column twice")
    return layout


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
        if form != ISO_8601 and "%" not in form:
            table.fail("formats", f'{form!r} is neither "iso8601" nor a format such as "%Y-%m-%d %H:%M:%S"')
    if moment.time_zone != OPERATOR_ZONE and moment.time_zone not in available_timezones():
        table.fail("time_zone", f'{moment.time_zone!r} is neither a zone such as "Europe/Berlin" nor "operator"')
    return moment


def _usage_types(table: Table) -> UsageTypes:
    if table.get("constant") is not None:
        constant = UsageType(table.choice("constant", UsageType.values))
        table.done()
        return UsageTypes(column=None, values={}, constant=constant)
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
        if table.get(kind.value) is not None or kind in needed:
            quantities[kind] = _quantity(table.table(kind.value), units)
    return quantities


def _quantity(table: Table, units: tuple[str, ...]) -> Quantity:
    columns, unit = table.columns("columns"), table.choice("unit", units)
    kilobyte = 1000
    if "bytes" in units:
        kilobyte = table.number("kilobyte", 1000)
        if kilobyte not in {1000, 1024}:
            table.fail("kilobyte", f"has 1000 or 1024 bytes, not {kilobyte}")
    table.done()
    return Quantity(columns=columns, unit=unit, kilobyte=kilobyte)


def _price(table: Table) -> tuple[Column | None, Tariff | None]:
    price, tariff = table.optional_table("price"), table.optional_table("tariff")
    if price and tariff:
        table.fail("tariff", "there is a price column as well; keep one of the two")
    if price:
        column = price.column("column")
        price.done()
        return column, None
    if not tariff:
        table.fail("price", "missing; say the price's column, or a [tariff]")
    rates = Tariff(
        price_per_kilobyte=tariff.decimal("price_per_kilobyte"),
        price_per_second=tariff.decimal("price_per_second"),
    )
    tariff.done()
    return None, rates


def _reference(table: Table) -> Reference:
    reference = table.optional_table("reference")
    if not reference:
        return Reference(column=None, prefix="")
    column = reference.column("column") if reference.get("column") is not None else None
    prefix = reference.text("prefix", "")
    if len(prefix) > 50 or "\0" in prefix:
        reference.fail("prefix", "has to be 50 characters at most")
    reference.done()
    return Reference(column=column, prefix=prefix)


def _naming(table: Table) -> Naming:
    naming = Naming(by=NamedBy(table.choice("by", list(NamedBy))), column=table.column("column"))
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
