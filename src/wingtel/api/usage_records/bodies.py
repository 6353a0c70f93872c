"""Reading of usage records in a request: a batch of valid ones, and a reason for each rejected one."""

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

from wingtel.api.common.errors import TooLarge, preview
from wingtel.exports.formats import Format
from wingtel.ingest.batch import Lookup
from wingtel.ingest.inputs import frame_of
from wingtel.ingest.outcomes import Rejection
from wingtel.usage.models import UsageType
from wingtel.usage.ranges import PRICE_DECIMALS, PRICE_RULE, is_price

from .shapes import BODIES, IDENTIFIERS, MAX_RECORDS, RecordBody

NDJSON = Format.NDJSON.media_type
MAX_BYTES = 16 * 2**20

# Possessive: if a price matched in several ways, backtracking would take exponential time.
_PLAIN_PRICE = rb"[0-9]{1,10}+(?:\.[0-9]{1,%d}+0{0,20}+)?+" % PRICE_DECIMALS
_PRICE = re.compile(_PLAIN_PRICE)
_PRICES = re.compile(rb'(?:(?:%b|"%b")\n)*+' % (_PLAIN_PRICE, _PLAIN_PRICE))
_PATH = re.compile(r" - at `\$\.?(\w*).*`$")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`$", re.DOTALL)
_JSON_TYPE = re.compile(r"`([^`]*)`")
_WORDS = {
    "str": "a text",
    "int": "a whole number",
    "int | str": "a whole number or a text",
    "float": "a number with a fraction",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
}
"""Our words for msgspec's names of JSON types."""
_MISSING = re.compile(r"Object missing required field `(\w+)`$")


_ONE = {lookup: msgspec.json.Decoder(body) for lookup, body in BODIES.items()}
_MANY = {lookup: msgspec.json.Decoder(list[body]) for lookup, body in BODIES.items()}  # type: ignore[valid-type]
_ITEMS = msgspec.json.Decoder(list[Raw])


@dataclass(frozen=True)
class SentRecords:
    """Undecoded body of a request: a record in each line if `is_lines`, otherwise a list of records."""

    body: bytes
    is_lines: bool

    @property
    def sha256(self) -> str:
        """Return the SHA-256 of the body, in hexadecimal."""
        return hashlib.sha256(self.body).hexdigest()


class JSONRecordsParser(BaseParser):
    """A parser of a JSON list of records."""

    media_type = "application/json"
    is_lines = False

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Return SentRecords. Raises TooLarge."""
        body = stream.read(MAX_BYTES + 1)
        if len(body) > MAX_BYTES:
            raise TooLarge(f"The body has more than {MAX_BYTES} bytes. Send it in several requests.")
        return SentRecords(body, self.is_lines)


class NDJSONRecordsParser(JSONRecordsParser):
    """A parser of a record in each line. Empty lines do not count; a line that is not JSON is rejected alone."""

    media_type = NDJSON
    is_lines = True


@dataclass(frozen=True)
class ReadRecords:
    """Records of a body: their number, the batch of valid ones, and the rejected ones."""

    count: int
    batch: pl.DataFrame
    rejected: list[Rejection]


class _InvalidRecordError(Exception):
    """An invalid record: the field at fault, "" for the record itself, and the reason."""


def read_records(sent: SentRecords, lookup: Lookup) -> ReadRecords:
    """Read the records of a body. Ingestion checks their ranges.

    Raises ParseError if the body is not a list of records, TooLarge if there are more than MAX_RECORDS.
    """
    if not sent.is_lines and (records := _read_together(sent.body, lookup)) is not None:
        return _read(records, range(len(records)), lookup, len(records), [])
    items = _items(sent)
    records, positions, rejected = [], [], []
    for position, item in enumerate(items):
        try:
            records.append(_read_one(item, lookup))
            positions.append(position)
        except _InvalidRecordError as error:
            rejected.append(Rejection(position, *error.args))
    return _read(records, positions, lookup, len(items), rejected)


def _items(sent: SentRecords) -> Sequence[bytes]:
    if sent.is_lines:
        items: Sequence[Any] = [line for line in sent.body.split(b"\n") if line.strip()]
    else:
        try:
            items = _ITEMS.decode(sent.body)
        except ValidationError as error:
            raise ParseError(f"The body is not a list of records. Put them in [ ], or send {NDJSON}.") from error
        except (DecodeError, RecursionError) as error:
            raise ParseError(f"The body is not JSON: {error}.") from error
    _check_count(len(items))
    return items


def _check_count(count: int) -> None:
    if count > MAX_RECORDS:
        raise TooLarge(f"{count} records are more than {MAX_RECORDS}. Send them in several requests.")


def _read_together(body: bytes, lookup: Lookup) -> list[RecordBody] | None:
    """Decode all records at once. Return None if one of them may be invalid."""
    try:
        records: list[RecordBody] = _MANY[lookup].decode(body)
    except (DecodeError, RecursionError):
        return None
    _check_count(len(records))
    return None if _may_repeat_keys(body, records, lookup) else records


def _may_repeat_keys(body: bytes, records: Sequence[RecordBody], lookup: Lookup) -> bool:
    """Return True if the body has escapes, or other quotes than those around names and texts of its records."""
    if b"\\" in body:
        return True
    count = len(records)
    identifiers = [type(getattr(record, IDENTIFIERS[lookup])) for record in records].count(str)
    references = count - [record.record_id for record in records].count(UNSET)
    prices = [record.price for record in records if not isinstance(record.price, UnsetType)]
    # The other four fields are always present; two of them are texts.
    names, texts = 4 * count + references + len(prices), 2 * count + references + identifiers
    return body.count(b'"') != 2 * (names + texts) + b"".join(prices).count(b'"')


def _read_one(item: bytes, lookup: Lookup) -> RecordBody:
    try:
        record: RecordBody = _ONE[lookup].decode(item)
    except ValidationError as error:
        raise _InvalidRecordError(*_explain(str(error), item, lookup)) from error
    except (DecodeError, RecursionError) as error:
        raise _InvalidRecordError("", f"not JSON: {error}") from error
    if repeated := _repeated_key(item):
        raise _InvalidRecordError(repeated, "given twice")
    return record


def _explain(message: str, item: bytes, lookup: Lookup) -> tuple[str, str]:
    """Return the field at fault and the reason, from the message of msgspec."""
    if unknown := _UNKNOWN.match(message):
        known = ", ".join(sorted(BODIES[lookup].__struct_fields__))
        return str(preview(unknown[1])), f"unknown; the fields known here: {known}"
    if missing := _MISSING.match(message):
        return missing[1], "missing"
    path = _PATH.search(message)
    if path and path[1]:
        return path[1], _JSON_TYPE.sub(lambda match: _WORDS.get(match[1], match[1]), message[: path.start()]).lower()
    return "", f"{preview(bytes(item).decode(errors='replace'))} is not an object with the fields of a record"


def _repeated_key(item: bytes) -> str:
    repeated: list[str] = []

    def collect(members: list[tuple[str, Any]]) -> None:
        seen: set[str] = set()
        for name, _ in members:
            repeated.extend([name] if name in seen else [])
            seen.add(name)

    json.loads(bytes(item), object_pairs_hook=collect)
    return repeated[0] if repeated else ""


def _read(
    records: Sequence[RecordBody],
    positions: Sequence[int],
    lookup: Lookup,
    count: int,
    rejected: list[Rejection],
) -> ReadRecords:
    """Return the batch of decoded records, without those with an invalid value."""
    try:
        return ReadRecords(count, _batch(records, positions, lookup), rejected)
    except (_InvalidRecordError, ValueError, OverflowError):
        problems = {
            position: next(_problems(record), None) for position, record in zip(positions, records, strict=True)
        }
        invalid = [Rejection(position, *problem) for position, problem in problems.items() if problem]
        valid = [
            (record, position) for record, position in zip(records, positions, strict=True) if not problems[position]
        ]
        batch = _batch([record for record, _ in valid], [position for _, position in valid], lookup)
        return ReadRecords(count, batch, [*rejected, *invalid])


def _batch(records: Sequence[RecordBody], positions: Sequence[int], lookup: Lookup) -> pl.DataFrame:
    """Return records as a batch. Raises _InvalidRecordError, ValueError or OverflowError for an invalid value."""
    usage_dates = list(map(datetime.fromisoformat, [record.usage_date for record in records]))
    usage_types, references = [record.usage_type for record in records], [record.record_id for record in records]
    if None in {date.tzinfo for date in usage_dates} or not _USAGE_TYPES.issuperset(usage_types) or "" in references:
        raise _InvalidRecordError
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


_USAGE_TYPES = set(UsageType.values)


def _problems(record: RecordBody) -> Iterator[tuple[str, str]]:
    if record.usage_type not in _USAGE_TYPES:
        yield "usage_type", f"{preview(record.usage_type)!r} is none of {', '.join(UsageType.values)}"
    try:
        if datetime.fromisoformat(record.usage_date).tzinfo is None:
            example = "such as the Z of 2026-03-01T09:30:00Z"
            yield "usage_date", f"{preview(record.usage_date)!r} has no time zone, {example}"
    except ValueError:
        example = "such as 2026-03-01T09:30:00Z"
        yield "usage_date", f"{preview(record.usage_date)!r} is not a timestamp in ISO 8601, {example}"
    if abs(record.quantity) >= 2**63:
        yield "quantity", f"{record.quantity} is out of range"
    try:
        _price(record.price)
    except _InvalidRecordError as error:
        yield "price", error.args[0]
    if record.record_id == "":
        yield "record_id", "empty; leave the field out where there is none"


def _prices(records: Sequence[RecordBody]) -> Sequence[str | None]:
    """Return the texts of prices as `_price` does, all at once if all are plain decimals."""
    raw_prices = [record.price for record in records]
    if UNSET not in raw_prices:
        lines = b"\n".join([*cast("list[Raw]", raw_prices), b""])
        if _PRICES.fullmatch(lines):
            return lines.replace(b'"', b"").decode().split("\n")[:-1]
    return list(map(_price, raw_prices))


def _price(raw: Raw | UnsetType) -> str | None:
    """Return the text of a price that a record can hold, None without a price. Raises _InvalidRecordError."""
    if isinstance(raw, UnsetType):
        return None
    sent = bytes(raw)
    text = sent[1:-1] if sent[:1] == b'"' else sent
    if _PRICE.fullmatch(text):
        return text.decode()
    if sent == b"null":
        return None
    if text is sent and sent[:1] in b"-0123456789":  # a JSON number may have an exponent
        number = Decimal(sent.decode())
        if is_price(number):
            return f"{number:.{PRICE_DECIMALS}f}"
    shown = preview(sent.decode(errors="replace"))
    raise _InvalidRecordError(f"{shown} is {PRICE_RULE}")
