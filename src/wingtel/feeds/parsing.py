"""From the fields of one line to one usage entry, as a profile says."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NoReturn
from zoneinfo import ZoneInfo

from wingtel.recording.entries import LARGEST_QUANTITY, LONGEST_REFERENCE, NamedBy, UsageEntry
from wingtel.recording.tariffs import Tariff
from wingtel.usage.models import UsageType

from .amounts import checked_price, quantity_reader, read_price
from .errors import HeaderError
from .moments import moment_reader
from .profiles import Column, Profile, Quantity

Fields = Sequence[str]
_LONGEST_REASON = 300
"""Characters: a reason quotes the value, which may be as long as the file."""


class UnreadableError(Exception):
    """A line that is no usage record: `field` is the column at fault, "" for the line as a whole."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class LineParser:
    """Reads lines of a feed whose columns have the names `header`.

    Raises HeaderError when the profile reads columns that are not there, or that are there twice.
    """

    def __init__(self, profile: Profile, header: Sequence[str], operator_zone: ZoneInfo) -> None:
        self.profile = profile
        self.header = list(header)
        self.most = len(self.header)
        self.least = self.most - profile.layout.optional_trailing
        self._usage_type = self._usage_type_reader()
        self._moment = self._moment_reader(operator_zone)
        self._reference = self._reference_reader()
        self._subscription = self._subscription_reader()
        self._carrier = self._carrier_reader()
        self._quantity = {kind: self._quantity_reader(quantity) for kind, quantity in profile.quantities.items()}
        self._price = self._price_reader()

    def parse(self, fields: list[str]) -> UsageEntry | None:
        """The usage entry that the line is, None when its usage type is to be skipped.

        Raises UnreadableError.
        """
        self.check_count(fields)
        usage_type = self._usage_type(fields)
        if usage_type is None:
            return None
        quantity = self._quantity[usage_type](fields)
        return UsageEntry(
            usage_type,
            self._moment(fields),
            self._subscription(fields),
            quantity,
            self._price(fields, usage_type, quantity),
            self._reference(fields),
            self._carrier(fields),
        )

    def check_count(self, fields: list[str]) -> None:
        """Raise UnreadableError unless there are as many fields as columns; add the optional ones that are
        missing.
        """
        count = len(fields)
        if count == self.most:
            return
        if not self.least <= count < self.most:
            expected = str(self.most) if self.least == self.most else f"{self.least} to {self.most}"
            raise UnreadableError("", f"{count} fields instead of {expected}")
        fields.extend([""] * (self.most - count))

    def _index(self, column: Column) -> int:
        if isinstance(column, int):
            if column > self.most:
                raise HeaderError(f"the profile reads column {column}, and there are {self.most}: {self._found}")
            return column - 1
        if (times := self.header.count(column)) != 1:
            problem = "is missing" if times == 0 else f"is there {times} times"
            raise HeaderError(f"the column {column!r} {problem}; the columns found are {self._found}")
        return self.header.index(column)

    @property
    def _found(self) -> str:
        return ", ".join(map(repr, self.header))

    def _label(self, *columns: Column) -> str:
        return ", ".join(self.header[self._index(column)] or str(column) for column in columns)

    def _usage_type_reader(self) -> Callable[[Fields], UsageType | None]:
        types = self.profile.usage_types
        if types.column is None:
            return lambda fields: types.constant
        index, label, values = self._index(types.column), self._label(types.column), types.values

        def read(fields: Fields) -> UsageType | None:
            try:
                return values[fields[index].strip()]
            except KeyError:
                _refuse(label, f"unknown usage type {fields[index].strip()!r}")

        return read

    def _moment_reader(self, operator_zone: ZoneInfo) -> Callable[[Fields], datetime]:
        moment = self.profile.moment
        zone = operator_zone if moment.time_zone == "operator" else ZoneInfo(moment.time_zone)
        read_moment, label = moment_reader(moment.formats, zone), self._label(*moment.columns)
        indexes = [self._index(column) for column in moment.columns]
        first, last = indexes[0], indexes[-1]
        one = first == last

        def read(fields: Fields) -> datetime:
            text = fields[first].strip() if one else f"{fields[first].strip()} {fields[last].strip()}".strip()
            try:
                return read_moment(text)
            except ValueError as error:
                _refuse(label, str(error))

        return read

    def _reference_reader(self) -> Callable[[Fields], str]:
        column, prefix = self.profile.reference.column, self.profile.reference.prefix
        if column is None:
            return lambda fields: prefix + _fingerprint(fields)
        index, label = self._index(column), self._label(column)

        def read(fields: Fields) -> str:
            reference = fields[index].strip()
            if not reference:
                _refuse(label, "empty")
            reference = prefix + reference
            if len(reference) > LONGEST_REFERENCE:
                _refuse(label, f"the reference has {len(reference)} characters, more than {LONGEST_REFERENCE}")
            return reference

        return read

    def _subscription_reader(self) -> Callable[[Fields], str]:
        by, index = self.profile.naming.by, self._index(self.profile.naming.column)
        label, longest, is_id = self._label(self.profile.naming.column), by.longest, by is NamedBy.ID

        def read(fields: Fields) -> str:
            name = fields[index].strip()
            if not name:
                _refuse(label, "empty")
            if len(name) > longest:
                _refuse(label, f"the {by.words} has {len(name)} characters, more than {longest}")
            if is_id and not (name.isascii() and name.isdecimal() and int(name) <= LARGEST_QUANTITY):
                _refuse(label, f"{name!r} is no {by.words}")
            return name

        return read

    def _carrier_reader(self) -> Callable[[Fields], str]:
        source = self.profile.carrier
        if source is None or source.column is None:
            constant = str(source.constant) if source and source.constant else ""
            return lambda fields: constant
        index, label = self._index(source.column), self._label(source.column)
        values = {value: str(carrier) for value, carrier in source.values.items()}

        def read(fields: Fields) -> str:
            try:
                return values[fields[index].strip()]
            except KeyError:
                _refuse(label, f"unknown carrier {fields[index].strip()!r}")

        return read

    def _quantity_reader(self, quantity: Quantity) -> Callable[[Fields], int]:
        indexes = [self._index(column) for column in quantity.columns]
        read_quantity, label = quantity_reader(quantity), self._label(*quantity.columns)

        def read(fields: Fields) -> int:
            try:
                return read_quantity([fields[index].strip() for index in indexes])
            except ValueError as error:
                _refuse(label, str(error))

        return read

    def _price_reader(self) -> Callable[[Fields, UsageType, int], Decimal]:
        column, tariff = self.profile.price, self.profile.tariff
        if tariff:
            return _tariff_reader(tariff)
        assert column is not None  # noqa: S101 - a profile has one of the two
        index, label = self._index(column), self._label(column)

        def read(fields: Fields, usage_type: UsageType, quantity: int) -> Decimal:
            try:
                return read_price(fields[index].strip())
            except ValueError as error:
                _refuse(label, str(error))

        return read


def _tariff_reader(tariff: Tariff) -> Callable[[Fields, UsageType, int], Decimal]:
    def read(fields: Fields, usage_type: UsageType, quantity: int) -> Decimal:
        try:
            return checked_price(tariff.price(usage_type, quantity))
        except ValueError as error:
            _refuse("price", f"by the tariff, {error}")

    return read


def _fingerprint(fields: Fields) -> str:
    """The same for the same fields, in whatever file."""
    return hashlib.blake2b("\x1f".join(fields).encode(), digest_size=16).hexdigest()


def _refuse(field: str, reason: str) -> NoReturn:
    raise UnreadableError(field, reason if len(reason) <= _LONGEST_REASON else f"{reason[:_LONGEST_REASON]}…")
