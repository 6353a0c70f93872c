"""What can be told wrong about entries without asking the database."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from decimal import Context, Decimal, DecimalException, localcontext
from operator import attrgetter
from zoneinfo import ZoneInfo

from wingtel.aggregates.questions import LARGEST_ID
from wingtel.subscriptions.models import Carrier
from wingtel.usage.models import UsageType
from wingtel.usage.ranges import LARGEST_PRICE, LARGEST_QUANTITY

from .columns import Columns
from .entries import LONGEST_REFERENCE, NamedBy, Refusal

_TYPES = {"data", "voice"}
_ZONES = {timezone, ZoneInfo}
"""Of the standard library's: each tells an offset for every moment."""
_EXACT = Context(prec=100)


def refusals(columns: Columns, named_by: NamedBy, create_subscriptions: bool) -> list[Refusal]:
    """The entries that cannot be recorded whatever the database holds, each with the first thing wrong with it."""
    if columns.size > 1 and _are_plainly_right(columns, named_by, create_subscriptions):
        return []
    return [
        Refusal(index, *problem)
        for index, values in enumerate(zip(*columns, strict=True))
        if (problem := next(_problems(values, named_by, create_subscriptions), None))
    ]


def _are_plainly_right(columns: Columns, named_by: NamedBy, create_subscriptions: bool) -> bool:
    """Whether nothing is wrong, told of whole columns: an order of magnitude faster than of entries.

    Where this is not sure, it says no.
    """
    try:
        return (
            set(columns.usage_types) <= _TYPES
            and _are_moments(columns.moments)
            and set(map(type, columns.quantities)) == {int}
            and min(columns.quantities) >= 0
            and max(columns.quantities) <= LARGEST_QUANTITY
            and _are_prices(columns.prices)
            and _are_texts(columns.record_ids, LONGEST_REFERENCE)
            and (
                _are_ids(columns.subscriptions)
                if named_by is NamedBy.ID
                else _are_texts(columns.subscriptions, named_by.longest)
            )
            and (not create_subscriptions or set(columns.carriers) <= set(Carrier.values))
        )
    except TypeError:  # a list, say, which has no hash
        return False


def _are_moments(moments: Sequence[datetime]) -> bool:
    return set(map(type, moments)) == {datetime} and set(map(type, set(map(attrgetter("tzinfo"), moments)))) <= _ZONES


def _are_prices(prices: Sequence[Decimal]) -> bool:
    if set(map(type, prices)) != {Decimal}:
        return False
    with localcontext(_EXACT):
        try:
            total = sum(prices, Decimal())
        except DecimalException:  # a signalling NaN, or a sum beyond all decimals
            return False
    # An exact sum has as many decimals as the summand with most, and is finite only when all are.
    exponent = total.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -4 and min(prices) >= 0 and max(prices) <= LARGEST_PRICE


def _are_texts(texts: Sequence[object], longest: int) -> bool:
    if set(map(type, texts)) != {str}:
        return False
    joined = "".join(texts)  # type: ignore[arg-type]
    lengths = set(map(len, texts))  # type: ignore[arg-type]
    return joined.isascii() and "\0" not in joined and min(lengths) > 0 and max(lengths) <= longest


def _are_ids(subscriptions: Sequence[str | int]) -> bool:
    return (
        set(map(type, subscriptions)) == {int}
        and min(subscriptions) >= 0  # type: ignore[operator]
        and max(subscriptions) <= LARGEST_ID  # type: ignore[operator]
    )


def _problems(values: tuple[object, ...], named_by: NamedBy, create_subscriptions: bool) -> Iterator[tuple[str, str]]:
    usage_type, moment, subscription, quantity, price, record_id, carrier = values
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


def _is_id(subscription: object) -> bool:
    text = str(subscription)
    return text.isascii() and text.isdecimal() and len(text) <= NamedBy.ID.longest and int(text) <= LARGEST_ID


def _text_problem(text: object, longest: int) -> str | None:
    if not isinstance(text, str) or not text:
        return f"{text!r} is no text with something in it"
    if len(text) > longest:
        return f"{len(text)} characters, more than {longest}"
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        return f"{text!r} is no Unicode text"
    return "a NUL character, which PostgreSQL cannot keep" if "\0" in text else None
