"""Usage records as a request brings them: a batch, and the reason why each other record is none."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import repeat
from typing import IO, Any, cast

import msgspec
import polars as pl
from msgspec import UNSET, DecodeError, Raw, UnsetType, ValidationError
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from wingtel.api.common.errors import TooLarge, echo
from wingtel.exports.formats import Format
from wingtel.ingest.batch import Lookup
from wingtel.ingest.inputs import frame_of
from wingtel.ingest.outcomes import Rejection
from wingtel.usage.models import UsageType
from wingtel.usage.ranges import PRICE_DECIMALS, PRICE_RULE, is_price

from .shapes import BODIES, IDENTIFIERS, MOST_RECORDS, RecordBody

NDJSON = Format.NDJSON.media_type
MOST_BYTES = 16 * 2**20

# Possessive, since a price that can be matched in several ways would multiply those of all others.
_PLAIN_PRICE = rb"[0-9]{1,10}+(?:\.[0-9]{1,%d}+0{0,20}+)?+" % PRICE_DECIMALS
_PRICE = re.compile(_PLAIN_PRICE)
_PRICES = re.compile(rb'(?:(?:%b|"%b")\n)*+' % (_PLAIN_PRICE, _PLAIN_PRICE))
_AT = re.compile(r" - at `\$\.?(\w*).*`$")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`$", re.DOTALL)
_KIND = re.compile(r"`([^`]*)`")
_WORDS = {
    "str": "a text",
    "int": "a whole number",
    "int | str": "a whole number or a text",
    "float": "a number with a fraction",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
}
"""The words of msgspec for kinds of values, and ours."""
_MISSING = re.compile(r"Object missing required field `(\w+)`$")


_ONE = {lookup: msgspec.json.Decoder(body) for lookup, body in BODIES.items()}
_MANY = {lookup: msgspec.json.Decoder(list[body]) for lookup, body in BODIES.items()}  # type: ignore[valid-type]
_ITEMS = msgspec.json.Decoder(list[Raw])


@dataclass(frozen=True)
class SentRecords:
    """The body of a request, read no further; it holds a record a line if `is_lines`, else a list of them."""

    body: bytes
    is_lines: bool

    @property
    def sha256(self) -> str:
        """The hash of its bytes."""
        return hashlib.sha256(self.body).hexdigest()


class JSONRecordsParser(BaseParser):
    """A JSON list of records."""

    media_type = "application/json"
    is_lines = False

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Return SentRecords."""
        body = stream.read(MOST_BYTES + 1)
        if len(body) > MOST_BYTES:
            raise TooLarge(f"The body has more than {MOST_BYTES} bytes. Send it in several requests.")
        return SentRecords(body, self.is_lines)


class NDJSONRecordsParser(JSONRecordsParser):
    """A record a line; empty lines do not count. A line that is not JSON is rejected alone."""

    media_type = NDJSON
    is_lines = True


@dataclass(frozen=True)
class ReadRecords:
    """The records of a body: how many there are, those that could be read, and why the others could not."""

    count: int
    batch: pl.DataFrame
    rejected: list[Rejection]


class _WrongError(Exception):
    """A record that cannot be read: the field at fault, "" for the record itself, and the reason."""


def read_records(sent: SentRecords, lookup: Lookup) -> ReadRecords:
    """Read the records of a body. Their ranges are for ingestion to check.

    Raises ParseError when the body is no list of records, TooLarge when there are too many.
    """
    if not sent.is_lines and (records := _read_together(sent.body, lookup)) is not None:
        return _read(records, range(len(records)), lookup, len(records), [])
    items = _items(sent)
    records, positions, rejected = [], [], []
    for position, item in enumerate(items):
        try:
            records.append(_read_one(item, lookup))
            positions.append(position)
        except _WrongError as error:
            rejected.append(Rejection(position, *error.args))
    return _read(records, positions, lookup, len(items), rejected)


def _items(sent: SentRecords) -> Sequence[bytes]:
    if sent.is_lines:
        items: Sequence[Any] = [line for line in sent.body.split(b"\n") if line.strip()]
    else:
        try:
            items = _ITEMS.decode(sent.body)
        except ValidationError as error:
            raise ParseError(f"The body is no list of records. Put them between [ and ], or send {NDJSON}.") from error
        except (DecodeError, RecursionError) as error:
            raise ParseError(f"The body is not JSON: {error}.") from error
    _check_count(len(items))
    return items


def _check_count(count: int) -> None:
    if count > MOST_RECORDS:
        raise TooLarge(f"{count} records are more than {MOST_RECORDS}. Send them in several requests.")


def _read_together(body: bytes, lookup: Lookup) -> list[RecordBody] | None:
    """Decode all records at once; None when one of them may be wrong."""
    try:
        records: list[RecordBody] = _MANY[lookup].decode(body)
    except (DecodeError, RecursionError):
        return None
    _check_count(len(records))
    return None if _may_repeat_keys(body, records, lookup) else records


def _may_repeat_keys(body: bytes, records: Sequence[RecordBody], lookup: Lookup) -> bool:
    """Tell whether the body has other quotes than those around the names and texts of its records, or escapes."""
    if b"\\" in body:
        return True
    count = len(records)
    identifiers = [type(getattr(record, IDENTIFIERS[lookup])) for record in records].count(str)
    references = count - [record.record_id for record in records].count(UNSET)
    prices = [record.price for record in records if not isinstance(record.price, UnsetType)]
    # The other four fields are always there; two of them are texts.
    names, texts = 4 * count + references + len(prices), 2 * count + references + identifiers
    return body.count(b'"') != 2 * (names + texts) + b"".join(prices).count(b'"')


def _read_one(item: bytes, lookup: Lookup) -> RecordBody:
    try:
        record: RecordBody = _ONE[lookup].decode(item)
    except ValidationError as error:
        raise _WrongError(*_explained(str(error), item, lookup)) from error
    except (DecodeError, RecursionError) as error:
        raise _WrongError("", f"not JSON: {error}") from error
    if repeated := _repeated_key(item):
        raise _WrongError(repeated, "given twice")
    return record


def _explained(message: str, item: bytes, lookup: Lookup) -> tuple[str, str]:
    """Return the field at fault and the reason, from what msgspec says."""
    if unknown := _UNKNOWN.match(message):
        known = ", ".join(sorted(BODIES[lookup].__struct_fields__))
        return str(echo(unknown[1])), f"unknown; the fields known here: {known}"
    if missing := _MISSING.match(message):
        return missing[1], "missing"
    at = _AT.search(message)
    if at and at[1]:
        return at[1], _KIND.sub(lambda kind: _WORDS.get(kind[1], kind[1]), message[: at.start()]).lower()
    return "", f"{echo(bytes(item).decode(errors='replace'))} is no object with the fields of a record"


def _repeated_key(item: bytes) -> str:
    repeated: list[str] = []

    def pairs(members: list[tuple[str, Any]]) -> None:
        seen: set[str] = set()
        for name, _ in members:
            repeated.extend([name] if name in seen else [])
            seen.add(name)

    json.loads(bytes(item), object_pairs_hook=pairs)
    return repeated[0] if repeated else ""


def _read(
    records: Sequence[RecordBody],
    positions: Sequence[int],
    lookup: Lookup,
    count: int,
    rejected: list[Rejection],
) -> ReadRecords:
    """Return the batch of decoded records, without those with a value that cannot be read."""
    try:
        return ReadRecords(count, _batch(records, positions, lookup), rejected)
    except (_WrongError, ValueError, OverflowError):
        found = {position: next(_problems(record), None) for position, record in zip(positions, records, strict=True)}
        more = [Rejection(position, *problem) for position, problem in found.items() if problem]
        right = [(record, position) for record, position in zip(records, positions, strict=True) if not found[position]]
        batch = _batch([record for record, _ in right], [position for _, position in right], lookup)
        return ReadRecords(count, batch, [*rejected, *more])


def _batch(records: Sequence[RecordBody], positions: Sequence[int], lookup: Lookup) -> pl.DataFrame:
    """Return records as a batch. Raises one of several errors when a value cannot be read."""
    usage_dates = list(map(datetime.fromisoformat, [record.usage_date for record in records]))
    usage_types, references = [record.usage_type for record in records], [record.record_id for record in records]
    if None in {date.tzinfo for date in usage_dates} or not _TYPES.issuperset(usage_types) or "" in references:
        raise _WrongError
    name = IDENTIFIERS[lookup]
    return frame_of(
        positions=positions,
        usage_types=usage_types,
        usage_dates=usage_dates,
        identifiers=[str(getattr(record, name)) for record in records],
        quantities=[record.quantity for record in records],
        prices=_prices(records),
        record_ids=["" if reference is UNSET else reference for reference in references],
        carriers=list(repeat("", len(records))),
    )


_TYPES = set(UsageType.values)


def _problems(record: RecordBody) -> Iterator[tuple[str, str]]:
    if record.usage_type not in _TYPES:
        yield "usage_type", f"{echo(record.usage_type)!r} is none of {', '.join(UsageType.values)}"
    try:
        if datetime.fromisoformat(record.usage_date).tzinfo is None:
            yield "usage_date", f"{echo(record.usage_date)!r} has no time zone, such as the Z of 2026-03-01T09:30:00Z"
    except ValueError:
        example = "such as 2026-03-01T09:30:00Z"
        yield "usage_date", f"{echo(record.usage_date)!r} is no timestamp in ISO 8601, {example}"
    if abs(record.quantity) >= 2**63:
        yield "quantity", f"{record.quantity} is out of range"
    try:
        _price(record.price)
    except _WrongError as error:
        yield "price", error.args[0]
    if record.record_id == "":
        yield "record_id", "empty; leave the field out where there is none"


def _prices(records: Sequence[RecordBody]) -> Sequence[str | None]:
    """Return the texts of prices as `_price` does, at once where all are written plainly."""
    sent = [record.price for record in records]
    if UNSET not in sent:
        lines = b"\n".join([*cast("list[Raw]", sent), b""])
        if _PRICES.fullmatch(lines):
            return lines.replace(b'"', b"").decode().split("\n")[:-1]
    return list(map(_price, sent))


def _price(raw: Raw | UnsetType) -> str | None:
    """Return the text of a price that a record can hold, None where there is none. Raises _WrongError."""
    if isinstance(raw, UnsetType):
        return None
    sent = bytes(raw)
    text = sent[1:-1] if sent[:1] == b'"' else sent
    if _PRICE.fullmatch(text):
        return text.decode()
    if sent == b"null":
        return None
    if text is sent and sent[:1] in b"-0123456789":  # a number in JSON: it may have an exponent
        number = Decimal(sent.decode())
        if is_price(number):
            return f"{number:.{PRICE_DECIMALS}f}"
    shown = echo(sent.decode(errors="replace"))
    raise _WrongError(f"{shown} is {PRICE_RULE}")
