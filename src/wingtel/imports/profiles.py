"""Feed profiles: descriptions of a carrier's files in TOML.

The profiles that ship with Wingtel are in `profiles/`. `wingtel.toml` there describes every key.
"""

import hashlib
import tomllib
from collections.abc import Iterable, Iterator
from importlib.resources import files
from pathlib import Path

import msgspec

from wingtel.ingest.batch import OnDuplicate
from wingtel.rating import Tariff
from wingtel.usage.models import UsageType

from .errors import ProfileError
from .profile_errors import explained
from .profile_schema import Column, KeyProblemError, Price, Quantity, Sections

__all__ = ["Profile", "find", "parse", "shipped"]


class Profile(Sections, frozen=True, kw_only=True):
    """A feed profile. `digest` is the SHA-256 of its text, in hexadecimal."""

    name: str
    digest: str

    @property
    def quantities(self) -> dict[UsageType, Quantity]:
        """Quantities of the usage types that lines may have."""
        return {kind: quantity for kind in UsageType if (quantity := getattr(self, kind.value))}

    @property
    def price_columns(self) -> dict[UsageType, Column]:
        """Columns with the prices of usage types, none if a tariff rates them."""
        if not self.price:
            return {}
        columns = {kind: self.price.column or getattr(self.price, kind.value) for kind in self.quantities}
        return {kind: column for kind, column in columns.items() if column is not None}

    @property
    def tariff(self) -> Tariff | None:
        """Tariff, None if the prices are on the lines."""
        if not self.rates:
            return None
        return Tariff(
            {kind: tuple(rate.rate() for rate in getattr(self.rates, kind.value)) for kind in self.quantities}
        )

    @property
    def shares_price(self) -> bool:
        """True if one price may be for both usage types of a line."""
        return self.usage_types.by_quantity and self.price is not None and self.price.column is not None

    def __post_init__(self) -> None:
        """Check keys of several tables that depend on each other."""
        types = self.usage_types
        if types.by_quantity and self.sms:
            self.fail("sms", "usage_type.by_quantity tells data and voice apart only; take it out")
        for kind in UsageType:
            is_needed = kind is types.constant or kind in types.values.values()
            is_needed |= types.by_quantity and kind is not UsageType.SMS
            if is_needed and kind not in self.quantities:
                self.fail(kind.value, "missing; a table is needed")
        self._check_prices()
        if self.numbers.takes_credits:
            self._check_credits()
        for key, column in self.columns():
            if self.layout.format == "ndjson" and isinstance(column, int):  # the members of an object have no order
                reason = "is a position, which columns of this format do not have; say the name"
                self.fail(key, f"{column} {reason}")

    def _check_prices(self) -> None:
        if self.price and self.rates:
            self.fail("tariff", "there is a price column as well; keep one of the two")
        if not self.price and not self.rates:
            self.fail("price", "missing; say the price's column, or a [tariff]")
        for kind in self.quantities:
            if self.price and kind not in self.price_columns:
                self.fail(f"price.{kind}", "missing; a column name, or a position from 1, is needed; or column")
            if self.rates and not getattr(self.rates, kind.value):
                self.fail(f"tariff.{kind}", f"missing; a list of tables [[tariff.{kind}]] is needed")
        if self.price:
            self._check_prices_of_both(self.price)

    def _check_prices_of_both(self, price: Price) -> None:
        if self.shares_price and price.of_both is None:
            self.fail("price.of_both", "missing; a line that is both has one price: data, voice, or the share of each")
        if self.usage_types.by_quantity and price.data is not None and price.data == price.voice:
            self.fail("price.voice", "is the column of data as well, charged twice; say column and of_both instead")
        for key in ("of_both", "of_neither"):
            if not self.usage_types.by_quantity and getattr(price, key) is not None:
                self.fail(f"price.{key}", "means nothing without usage_type.by_quantity; remove it")

    def _check_credits(self) -> None:
        if self.rates:
            self.fail("numbers.negative", "credits need a price column: a tariff rates none")
        if self.usage_types.by_quantity:
            self.fail("numbers.negative", "a line with a credit has one usage type; usage_type.by_quantity allows two")
        if self.reference.segments:
            self.fail("numbers.negative", "credits have no segments; remove reference.segments, or this")
        if not self.reference.columns:
            self.fail("numbers.negative", "credits need reference.columns: the reference is the adjustment's reason")
        if self.reference.on_duplicate is not OnDuplicate.IGNORE:
            self.fail("numbers.negative", 'adjustments are kept as they are; reference.on_duplicate has to be "ignore"')

    def amounts(self) -> Iterator[Column]:
        """Yield the columns of quantities and prices."""
        for quantity in self.quantities.values():
            yield from (column for column, _ in quantity.weighted)
        yield from self.price_columns.values()

    def columns(self) -> Iterator[tuple[str, Column]]:
        """Yield the dotted keys whose values are columns, each with its column."""
        price = "price.column" if self.price and self.price.column else "price.{}"
        columns_by_key: list[tuple[str, Iterable[Column | None]]] = [
            ("timestamp.columns", self.timestamp.columns),
            ("usage_type.column", [self.usage_types.column]),
            *((f"{kind}.columns", dict(quantity.weighted)) for kind, quantity in self.quantities.items()),
            *((price.format(kind), [column]) for kind, column in self.price_columns.items()),
            ("reference.columns", self.reference.columns),
            ("subscription.column", [self.identifier.column]),
            ("carrier.column", [self.carrier.column if self.carrier else None]),
            *((f"filter[{number}].column", [each.column]) for number, each in enumerate(self.filters, start=1)),
            ("values", self.values),
        ]
        for key, columns in columns_by_key:
            yield from ((key, column) for column in columns if column is not None)


def shipped() -> list[str]:
    """Return the names of the profiles that ship with Wingtel."""
    folder = files(__package__) / "profiles"
    return sorted(file.name.removesuffix(".toml") for file in folder.iterdir() if file.name.endswith(".toml"))


def find(name_or_path: str) -> Profile:
    """Return the shipped profile of that name, or the profile in that TOML file.

    Raises ProfileError when there is neither, with the names of the shipped profiles, or when the profile is wrong.
    """
    source, content = read(name_or_path)
    return parse(content, source=source)


def read(name_or_path: str) -> tuple[str, bytes]:
    """Return the name and the content of the file of a profile. Raises ProfileError when there is none."""
    if name_or_path in shipped():
        file = files(__package__) / "profiles" / f"{name_or_path}.toml"
        return file.name, file.read_bytes()
    path = Path(name_or_path)
    if not path.is_file():
        raise ProfileError(
            f"unknown feed profile {name_or_path!r}: it is neither a file nor one of {', '.join(shipped())}"
        )
    return path.name, path.read_bytes()


def parse(content: bytes, *, source: str) -> Profile:
    """Return the profile of a TOML file with the name `source`.

    Raises ProfileError, with `source` and the dotted key, for a missing, unknown or contradictory key.
    """
    try:
        table = tomllib.loads(content.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProfileError(f"{source}: {error}") from error
    try:
        sections = msgspec.structs.asdict(msgspec.convert(table, Sections))
        digest = hashlib.sha256(content).hexdigest()
        return Profile(**sections, name=source.removesuffix(".toml"), digest=digest)
    except msgspec.ValidationError as error:
        raise ProfileError(f"{source}: {explained(error, table, Sections)}") from error
    except KeyProblemError as problem:
        raise ProfileError(f"{source}: {problem.key}: {problem}") from problem
