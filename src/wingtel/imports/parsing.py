"""From the fields of one line to its usage entries, as a profile says: how lines are read that are not read in bulk."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NoReturn
from zoneinfo import ZoneInfo

from wingtel.aggregates.questions import LARGEST_ID
from wingtel.recording.entries import LONGEST_REFERENCE, NamedBy, UsageEntry
from wingtel.usage.models import UsageType

from .amounts import quantity_reader, read_price
from .errors import HeaderError
from .moments import moment_reader
from .profiles import OPERATOR_ZONE, Column, Profile, Quantity

Fields = Sequence[str]
_LONGEST_REASON = 300
"""Characters: a reason quotes the value, which may be as long as the file."""
UNRATED = Decimal(-1)
"""The price of an entry that a tariff has yet to rate."""


class UnreadableError(Exception):
    """A line that is no usage record: `field` is the column at fault, "" for the line as a whole."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


def check_count(fields: list[str], least: int, most: int) -> list[str]:
    """`fields`, with optional ones that are missing added; UnreadableError unless there are as many as columns."""
    count = len(fields)
    if not least <= count <= most:
        expected = str(most) if least == most else f"{least} to {most}"
        raise UnreadableError("", f"{count} fields instead of {expected}")
    return fields + [""] * (most - count)


def fingerprint(fields: Fields) -> str:
    """The same for the same fields, in whatever file."""
    return fingerprint_of("\x1f".join(fields))


def fingerprint_of(joined: str) -> str:
    """The fingerprint of fields with the character 0x1f between them."""
    return hashlib.blake2b(joined.encode(), digest_size=16).hexdigest()


class Columns:
    """Where the columns of a profile are in a file with the columns `names`; constants come after them.

    Raises HeaderError when the profile reads columns that are not there, or that are there twice.
    """

    def __init__(self, profile: Profile, names: Sequence[str]) -> None:
        self.in_file = len(names)
        self.names = [*names, *profile.constants]
        self.constants = list(profile.constants.values())
        self.values = {self.index(name): dict(values) for name, values in profile.values.items()}

    def index(self, column: Column) -> int:
        """The position, from 0."""
        if isinstance(column, int):
            if column > self.in_file:
                raise HeaderError(f"the profile reads column {column}, and there are {self.in_file}: {self._found}")
            return column - 1
        if (times := self.names.count(column)) != 1:
            problem = "is missing" if times == 0 else f"is there {times} times"
            raise HeaderError(f"the column {column!r} {problem}; the columns found are {self._found}")
        return self.names.index(column)

    def label(self, *columns: Column) -> str:
        """What a message calls the columns."""
        return ", ".join(self.names[self.index(column)] or str(column) for column in columns)

    @property
    def _found(self) -> str:
        return ", ".join(map(repr, self.names))


class LineParser:
    """Reads lines of a feed, field by field; its functions are what the reading in bulk has to agree with."""

    def __init__(self, profile: Profile, columns: Columns, operator_zone: ZoneInfo) -> None:
        self.profile = profile
        self.columns = columns
        self._filters = [(columns.index(given.column), given.values, given.excludes) for given in profile.filters]
        self._usage_types = self._usage_type_reader()
        self._moment = self._moment_reader(operator_zone)
        self._reference = self._reference_reader()
        self._subscription = self._subscription_reader()
        self._carrier = self._carrier_reader()
        self._quantity = {kind: self._quantity_reader(quantity) for kind, quantity in profile.quantities.items()}
        self._price = {kind: self._price_reader(kind) for kind in profile.quantities}

    def parse(self, in_file: Fields) -> list[UsageEntry]:
        """The usage entries that the line is, none when it is to be skipped.

        Raises UnreadableError.
        """
        fields = [*in_file, *self.columns.constants]
        for index, values in self.columns.values.items():
            fields[index] = values.get(fields[index].strip(), fields[index])
        for index, listed, excludes in self._filters:
            if (fields[index].strip() in listed) is excludes:
                return []
        return [self._entry(in_file, fields, kind) for kind in self._usage_types(fields)]

    def _entry(self, in_file: Fields, fields: Fields, kind: UsageType) -> UsageEntry:
        quantity = self._quantity[kind](fields)
        return UsageEntry(
            kind,
            self._moment(fields),
            self._subscription(fields),
            quantity,
            self._price[kind](fields),
            self._reference(in_file, fields),
            self._carrier(fields),
        )

    def _usage_type_reader(self) -> Callable[[Fields], Sequence[UsageType]]:
        types, columns = self.profile.usage_types, self.columns
        if types.by_quantity:
            indexes = {
                kind: [columns.index(column) for column in quantity.columns]
                for kind, quantity in self.profile.quantities.items()
            }
            return lambda fields: [
                kind for kind, places in indexes.items() if any(fields[index].strip().strip("0.") for index in places)
            ]
        if types.column is None:
            constant = [types.constant] if types.constant else []
            return lambda fields: constant
        index, label = columns.index(types.column), columns.label(types.column)
        values = {value: [kind] if kind else [] for value, kind in types.values.items()}

        def read(fields: Fields) -> Sequence[UsageType]:
            try:
                return values[fields[index].strip()]
            except KeyError:
                _refuse(label, f"unknown usage type {fields[index].strip()!r}")

        return read

    def _moment_reader(self, operator_zone: ZoneInfo) -> Callable[[Fields], datetime]:
        moment = self.profile.moment
        zone = operator_zone if moment.time_zone == OPERATOR_ZONE else ZoneInfo(moment.time_zone)
        read_moment, label = moment_reader(moment.formats, zone), self.columns.label(*moment.columns)
        indexes = [self.columns.index(column) for column in moment.columns]

        def read(fields: Fields) -> datetime:
            try:
                return read_moment(" ".join(fields[index].strip() for index in indexes).strip())
            except ValueError as error:
                _refuse(label, str(error))

        return read

    def _reference_reader(self) -> Callable[[Fields, Fields], str]:
        reference = self.profile.reference
        if not reference.columns:
            return lambda in_file, fields: reference.prefix + fingerprint(in_file)
        places = [(self.columns.index(column), self.columns.label(column)) for column in reference.columns]
        whole = self.columns.label(*reference.columns)

        def read(in_file: Fields, fields: Fields) -> str:
            parts = []
            for index, label in places:
                parts.append(fields[index].strip() or _refuse(label, "empty"))
            text = reference.prefix + reference.separator.join(parts)
            if len(text) > LONGEST_REFERENCE:
                _refuse(whole, f"the reference has {len(text)} characters, more than {LONGEST_REFERENCE}")
            return _without_nul(whole, text)

        return read

    def _subscription_reader(self) -> Callable[[Fields], str]:
        by, index = self.profile.naming.by, self.columns.index(self.profile.naming.column)
        label, longest, is_id = self.columns.label(self.profile.naming.column), by.longest, by is NamedBy.ID

        def read(fields: Fields) -> str:
            name = fields[index].strip()
            if not name:
                _refuse(label, "empty")
            if len(name) > longest:
                _refuse(label, f"the {by.words} has {len(name)} characters, more than {longest}")
            if is_id and not (name.isascii() and name.isdecimal() and int(name) <= LARGEST_ID):
                _refuse(label, f"{name!r} is no {by.words}")
            return _without_nul(label, name)

        return read

    def _carrier_reader(self) -> Callable[[Fields], str]:
        source = self.profile.carrier
        if source is None or source.column is None:
            constant = str(source.constant) if source and source.constant else ""
            return lambda fields: constant
        index, label = self.columns.index(source.column), self.columns.label(source.column)
        values = {value: str(carrier) for value, carrier in source.values.items()}

        def read(fields: Fields) -> str:
            try:
                return values[fields[index].strip()]
            except KeyError:
                _refuse(label, f"unknown carrier {fields[index].strip()!r}")

        return read

    def _quantity_reader(self, quantity: Quantity) -> Callable[[Fields], int]:
        indexes = [self.columns.index(column) for column in quantity.columns]
        read_quantity, label = quantity_reader(quantity), self.columns.label(*quantity.columns)
        of_empty = "0" if self.profile.usage_types.by_quantity else ""

        def read(fields: Fields) -> int:
            try:
                return read_quantity([fields[index].strip() or of_empty for index in indexes])
            except ValueError as error:
                _refuse(label, str(error))

        return read

    def _price_reader(self, kind: UsageType) -> Callable[[Fields], Decimal]:
        price = self.profile.price
        if not price:
            return lambda fields: UNRATED
        column, is_rounded = price.columns[kind], price.is_rounded
        index, label = self.columns.index(column), self.columns.label(column)

        def read(fields: Fields) -> Decimal:
            try:
                return read_price(fields[index].strip(), is_rounded=is_rounded)
            except ValueError as error:
                _refuse(label, str(error))

        return read


def _without_nul(label: str, text: str) -> str:
    return text if "\0" not in text else _refuse(label, "a NUL character, which PostgreSQL cannot keep")


def _refuse(field: str, reason: str) -> NoReturn:
    raise UnreadableError(field, shortened(reason))


def shortened(reason: str) -> str:
    """A reason short enough to keep."""
    return reason if len(reason) <= _LONGEST_REASON else f"{reason[:_LONGEST_REASON]}…"
