"""What can be told wrong about an entry without asking the database."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from wingtel.subscriptions.models import Carrier
from wingtel.usage.models import UsageType

from .entries import LARGEST_PRICE, LARGEST_QUANTITY, LONGEST_REFERENCE, NamedBy, Refusal, UsageEntry


def refusals(entries: Sequence[UsageEntry], named_by: NamedBy, create_subscriptions: bool) -> list[Refusal]:
    """The entries that cannot be recorded whatever the database holds, each with the first thing wrong with it."""
    return [
        Refusal(index, *problem)
        for index, entry in enumerate(entries)
        if (problem := next(_problems(entry, named_by, create_subscriptions), None))
    ]


def _problems(entry: UsageEntry, named_by: NamedBy, create_subscriptions: bool) -> Iterator[tuple[str, str]]:
    usage_type, moment, subscription, quantity, price, record_id, carrier = entry
    if usage_type not in ("data", "voice"):
        yield "usage_type", f"{usage_type!r} is none of {', '.join(UsageType.values)}"
    if not isinstance(moment, datetime) or moment.utcoffset() is None:
        yield "moment", f"{moment!r} is no moment with a time zone"
    if not isinstance(quantity, int) or not 0 <= quantity <= LARGEST_QUANTITY:
        yield "quantity", f"{quantity!r} is no whole number from 0 to {LARGEST_QUANTITY}"
    if not isinstance(price, Decimal | int) or not _is_price(Decimal(price)):
        yield "price", f"{price!r} is no decimal from 0 to {LARGEST_PRICE} with at most 4 decimals"
    if reason := _text_problem(record_id, LONGEST_REFERENCE):
        yield "record_id", reason
    if named_by is NamedBy.ID:
        if not _is_id(subscription):
            yield named_by.value, f"{subscription!r} is no {named_by.words}"
    elif reason := _text_problem(subscription, named_by.longest):
        yield named_by.value, reason
    if create_subscriptions and carrier not in Carrier.values:
        yield "carrier", f"{carrier!r} is none of {', '.join(Carrier.values)}, and an unknown subscription needs one"


def _is_price(price: Decimal) -> bool:
    return price.is_finite() and 0 <= price <= LARGEST_PRICE and round(price, 4) == price


def _is_id(subscription: str | int) -> bool:
    text = str(subscription)
    return text.isascii() and text.isdecimal() and len(text) <= NamedBy.ID.longest and int(text) <= LARGEST_QUANTITY


def _text_problem(text: object, longest: int) -> str | None:
    if not isinstance(text, str) or not text:
        return f"{text!r} is no text with something in it"
    if len(text) > longest:
        return f"{len(text)} characters, more than {longest}"
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        return f"{text!r} is no Unicode text"
    return "a NUL character, which PostgreSQL cannot keep" if "\0" in text else None
