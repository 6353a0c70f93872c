"""Usage records as a request brings them, and each of them as an entry or the reason it is none."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from itertools import chain, repeat
from operator import itemgetter
from types import NoneType
from typing import IO, Any, NamedTuple

import orjson
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.utils.json import strict_constant

from wingtel.recording import NamedBy, Refusal, UsageEntry

from .errors import TooLarge, echo

NDJSON = "application/x-ndjson"
MOST_RECORDS = 10_000
MOST_BYTES = 16 * 2**20
NAMES = {NamedBy.ID: "subscription_id", NamedBy.PHONE_NUMBER: "phone_number", NamedBy.DEVICE_ID: "device_id"}
"""The field that names the subscription."""

_FIELDS = {"record_id", "usage_type", "usage_date", "quantity", "price"}
_REQUIRED = ("usage_type", "usage_date", "quantity", "price")
_CALLED = {"moment": "usage_date", "id": "subscription_id"}
"""What the body calls a field of an entry, where that differs."""

_PLAIN = {str, int, bool, NoneType}
_Loader = Callable[[bytes], Any]


class NotJSON(NamedTuple):
    """A line that is not JSON, and why."""

    reason: str


@dataclass(frozen=True)
class SentRecords:
    """What a body held: records that are checked no further than to be JSON, and the SHA-256 of its bytes."""

    items: list[Any]
    sha256: str


class _RecordsParser(BaseParser):
    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """SentRecords."""
        body = stream.read(MOST_BYTES + 1)
        if len(body) > MOST_BYTES:
            raise TooLarge(f"The body has more than {MOST_BYTES} bytes. Send it in several requests.")
        items = self.items(body)
        if len(items) > MOST_RECORDS:
            raise TooLarge(f"{len(items)} records are more than {MOST_RECORDS}. Send them in several requests.")
        return SentRecords(items, hashlib.sha256(body).hexdigest())

    def items(self, body: bytes) -> list[Any]:
        raise NotImplementedError


class JSONRecordsParser(_RecordsParser):
    """A JSON list of records."""

    media_type = "application/json"

    def items(self, body: bytes) -> list[Any]:
        try:
            items = _loads(body)
            if not (isinstance(items, list) and _are_plain(items)):
                items = _loads_exactly(body)
        except (ValueError, RecursionError) as error:
            raise ParseError(f"The body is not JSON: {error}.") from error
        if not isinstance(items, list):
            raise ParseError(f"The body is no list of records. Put them between [ and ], or send {NDJSON}.")
        return items


class NDJSONRecordsParser(_RecordsParser):
    """A record a line; empty lines do not count. A line that is not JSON is refused alone."""

    media_type = NDJSON

    def items(self, body: bytes) -> list[Any]:
        lines = [line for line in body.split(b"\n") if line.strip()]
        items = [_item(line, _loads) for line in lines]
        return items if _are_plain(items) else [_item(line, _loads_exactly) for line in lines]


def _item(line: bytes, load: _Loader) -> Any:
    try:
        return load(line)
    except (ValueError, RecursionError) as error:
        return NotJSON(f"the line is not JSON: {error}")


def _are_plain(items: list[Any]) -> bool:
    """Whether all are objects with nothing that has to be read exactly, such as a number with a fraction, or nested."""
    return set(map(type, items)) <= {dict} and set(map(type, chain.from_iterable(map(dict.values, items)))) <= _PLAIN


def _loads(text: bytes) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:  # also for half a surrogate or deep nesting, which are a matter of one record
        return _loads_exactly(text)


def _loads_exactly(text: bytes) -> Any:
    # Prices are exact: a number with a fraction is the decimal that was written.
    return json.loads(text.decode(), parse_float=Decimal, parse_constant=strict_constant)


@dataclass(frozen=True)
class ReadRecords:
    """The entries among the records, the index of each in the body, and why the others are none."""

    entries: list[UsageEntry]
    indexes: Sequence[int]
    refused: list[Refusal]

    def refusals(self, of_entries: list[Refusal]) -> list[Refusal]:
        """Every refusal, in the body's own indexes and names; `of_entries` is what recording refused."""
        recorded = (
            Refusal(self.indexes[position], _CALLED.get(field, field), reason) for position, field, reason in of_entries
        )
        return sorted([*self.refused, *recorded])


def read(items: list[Any], named_by: NamedBy) -> ReadRecords:
    """What the records say. The values' ranges are for recording to check."""
    try:
        return ReadRecords(_plain_entries(items, NAMES[named_by]), range(len(items)), [])
    except (KeyError, TypeError, ValueError, InvalidOperation):
        return _read_each(items, NAMES[named_by])


def _plain_entries(items: list[Any], name: str) -> list[UsageEntry]:
    """The entries of records that all have the same fields, told of whole columns: several times as fast.

    Raises one of several errors when any might be wrong.
    """
    if not items:
        return []
    fields = [*_REQUIRED, name, *(["record_id"] if "record_id" in items[0] else [])]
    if set(map(type, items)) != {dict} or set(map(len, items)) != {len(fields)}:
        raise ValueError
    usage_types, dates, quantities, prices, subscriptions, *references = zip(
        *map(itemgetter(*fields), items), strict=True
    )
    record_ids: Iterable[str] = references[0] if references else repeat("", len(items))
    if (
        set(map(type, quantities)) != {int}
        or not set(map(type, subscriptions)) <= {int, str}
        or not set(map(type, prices)) <= {int, str, Decimal}
        or not all(chain.from_iterable(references))
    ):
        raise ValueError
    moments, exact_prices = map(datetime.fromisoformat, dates), map(Decimal, prices)
    entries = zip(usage_types, moments, subscriptions, quantities, exact_prices, record_ids, repeat(""), strict=False)
    return list(map(UsageEntry._make, entries))


def _read_each(items: list[Any], name: str) -> ReadRecords:
    entries: list[UsageEntry] = []
    indexes: list[int] = []
    refused: list[Refusal] = []
    known = _FIELDS | {name}
    for index, item in enumerate(items):
        problem = next(_problems(item, name, known), None)
        if problem is None:
            try:
                entries.append(_entry(item, name))
                indexes.append(index)
            except _WrongError as error:
                problem = error.field, error.reason
        if problem:
            refused.append(Refusal(index, *problem))
    return ReadRecords(entries, indexes, refused)


class _WrongError(Exception):
    def __init__(self, field: str, reason: str) -> None:
        self.field, self.reason = field, reason
        super().__init__(reason)


def _problems(item: Any, name: str, known: set[str]) -> Iterator[tuple[str, str]]:
    if isinstance(item, NotJSON):
        yield "", item.reason
    elif not isinstance(item, dict):
        yield "", f"{echo(_plain(item))!r} is no object with the fields of a record"
    else:
        for field in (*_REQUIRED, name):
            if field not in item:
                yield field, "missing"
        for field in item.keys() - known:
            yield field, f"unknown; the fields known here: {', '.join(sorted(known))}"


def _entry(item: dict[str, Any], name: str) -> UsageEntry:
    quantity = item["quantity"]
    if isinstance(quantity, bool):
        raise _WrongError("quantity", f"{quantity!r} is no whole number")
    record_id = item.get("record_id")
    if "record_id" in item and not record_id:
        raise _WrongError("record_id", f"{record_id!r} is no reference; leave the field out where there is none")
    subscription = item[name]
    if isinstance(subscription, bool) or not isinstance(subscription, str | int):
        raise _WrongError(name, f"{_plain(subscription)!r} names no subscription")
    return UsageEntry(
        usage_type=item["usage_type"],
        moment=_moment(item["usage_date"]),
        subscription=subscription,
        quantity=quantity,
        price=_price(item["price"]),
        record_id=record_id or "",
    )


def _moment(sent: Any) -> datetime:
    try:
        return datetime.fromisoformat(sent)
    except (TypeError, ValueError):
        raise _WrongError(
            "usage_date", f"{_plain(sent)!r} is no moment in ISO 8601, such as 2026-03-01T09:30:00Z"
        ) from None


def _price(sent: Any) -> Decimal:
    if isinstance(sent, str | int | Decimal) and not isinstance(sent, bool):
        try:
            return Decimal(sent)
        except InvalidOperation:
            pass
    raise _WrongError("price", f"{_plain(sent)!r} is no decimal, such as 0.0150")


def _plain(sent: Any) -> Any:
    """A value as it reads in a message."""
    return float(sent) if isinstance(sent, Decimal) else sent if not isinstance(sent, dict | list) else echo(sent)
