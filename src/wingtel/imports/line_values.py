"""Line values: the values that the lines of a feed have, and the usage types of each line."""

from collections.abc import Iterator
from functools import reduce
from operator import or_
from zoneinfo import ZoneInfo

import polars as pl

from wingtel.usage.models import UsageType

from .columns import Columns
from .errors import HeaderError
from .profiles import Profile
from .values import (
    CarrierValue,
    IdentifierValue,
    PriceValue,
    QuantityValue,
    ReferenceValue,
    SharedPriceValue,
    TimestampValue,
    UsageByQuantity,
    UsageTypeValue,
    Value,
)
from .values.numbers import Numbers


class LineValues:
    """Values of a line: its `kind`, those `shared` by its records, and those of each usage type (`own`).

    `present` has an expression for each usage type: True for rows with a record of that type. It is for a table of the
    kind and of the columns `amounts`, the texts of quantities and prices.
    """

    def __init__(self, profile: Profile, columns: Columns, operator_zone: ZoneInfo) -> None:
        self._profile = profile
        self._columns = columns
        self.shared: dict[str, Value] = {
            "record_id": ReferenceValue(profile.reference, columns),
            "timestamp": TimestampValue(profile.timestamp, columns, operator_zone),
            "identifier": IdentifierValue(profile.identifier, columns),
            "carrier": CarrierValue(profile.carrier, columns),
        }
        self._numbers = Numbers(profile.numbers)
        by_quantity = profile.usage_types.by_quantity
        self._quantities = {
            kind: QuantityValue(
                quantity,
                columns,
                self._numbers,
                blank_is_zero=by_quantity,
                parts=quantity.parts if profile.reference.segments else 1,
            )
            for kind, quantity in profile.quantities.items()
        }
        self._prices = {kind: self._price(kind) for kind in self._quantities}
        self.own: dict[UsageType, dict[str, Value]] = {
            kind: {"quantity": quantity, "price": self._prices[kind]} for kind, quantity in self._quantities.items()
        }
        self.kind: Value = self._by_quantity() if by_quantity else UsageTypeValue(profile.usage_types, columns)
        self.amounts = list(
            dict.fromkeys(text for own in self.own.values() for each in own.values() for text in each.texts)
        )
        self.present = {kind: self._present(kind) for kind in self._quantities}

    def __iter__(self) -> Iterator[Value]:
        """Iterate over all values."""
        yield self.kind
        yield from self.shared.values()
        for own in self.own.values():
            yield from own.values()

    def _price(self, kind: UsageType) -> PriceValue:
        price = self._profile.price
        is_rounded = price is not None and price.is_rounded
        value = PriceValue(self._profile.price_columns.get(kind), self._columns, self._numbers, is_rounded=is_rounded)
        if not self._profile.shares_price or not price or not price.of_both:
            return value
        (other,) = (quantity.nonzero for each, quantity in self._quantities.items() if each is not kind)
        return SharedPriceValue(value, kind, other, price.of_both)

    def _by_quantity(self) -> UsageByQuantity:
        used = [quantity.nonzero for quantity in self._quantities.values()]
        charges = [price.nonzero for price in self._prices.values() if price.nonzero.texts]
        label = self._columns.label(*dict.fromkeys(self._profile.price_columns.values()))
        if self._profile.shares_price:
            if not self._of_neither:
                return UsageByQuantity(self._columns, used, charges[0], label)
        elif len({text for charge in charges for text in charge.texts}) < len(charges):
            raise HeaderError(f"the prices of data and voice are one column, {label}; say price.column, and of_both")
        return UsageByQuantity(self._columns, [*used, *charges])

    @property
    def _of_neither(self) -> UsageType | None:
        return self._profile.price.of_neither if self._profile.price else None

    def _present(self, kind: UsageType) -> pl.Expr:
        if not self._profile.usage_types.by_quantity:
            return pl.col("kind") == str(kind)
        is_used = self._quantities[kind].nonzero.expression()
        if kind is self._of_neither:
            return is_used | ~reduce(or_, (each.nonzero.expression() for each in self._quantities.values()))
        if self._prices[kind].nonzero.texts and not self._profile.shares_price:
            return is_used | self._prices[kind].nonzero.expression()
        return is_used
