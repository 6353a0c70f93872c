"""Adjustments of a subscription's usage and price on one business day, and their reversals.

The database counts an adjustment when it is stored, in the same transaction and under every strategy, whether the day
is open, sealed or expired. It is never changed or deleted: a second one reverses it.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from wingtel.aggregates.periods import EARLIEST, LATEST
from wingtel.subscriptions.models import Subscription
from wingtel.usage.business_days import business_days_of
from wingtel.usage.models import UsageAdjustment, UsageType
from wingtel.usage.ranges import LARGEST_PRICE, LARGEST_QUANTITY, PRICE_DECIMALS

LONGEST_REASON = 2000
LONGEST_ACTOR = 200
_BATCH_SIZE = 5_000
"""Number of adjustments that one statement stores."""


class AdjustmentRejectedError(ValueError):
    """An adjustment that cannot be made. `reason` says why and what to do, `field` where, if it is one field."""

    def __init__(self, reason: str, field: str = "") -> None:
        super().__init__(f"{field}: {reason}" if field else reason)
        self.field, self.reason = field, reason


class UnknownAdjustmentError(AdjustmentRejectedError):
    """A number that no adjustment has."""


class NotReversibleError(AdjustmentRejectedError):
    """An adjustment that is reversed already, or is a reversal itself."""


def adjust(
    *,
    subscription_id: int,
    usage_type: UsageType,
    day: date,
    used: int = 0,
    price: Decimal = Decimal(0),
    reason: str,
    actor: str,
) -> UsageAdjustment:
    """Add `used` (in the unit of the type) and `price` (the operator's currency) to a day; both may be negative.

    A deleted subscription can be adjusted, and totals may become negative.

    Raises AdjustmentRejectedError for an unknown subscription and for a day ahead of the clock by more than
    WINGTEL_MAX_FUTURE_DAYS. It is also raised if both amounts are zero, one is out of range, the price has more than
    eight decimals, or the reason or actor is missing.
    """
    adjustment = UsageAdjustment(
        subscription_id=subscription_id,
        usage_type=usage_type,
        day=day,
        used=used,
        price=price,
        reason=reason.strip(),
        actor=actor.strip(),
    )
    for error in rejections([adjustment]).values():
        raise error
    if not _exists(subscription_id):
        raise AdjustmentRejectedError(f"there is no subscription {subscription_id!r}", "subscription_id")
    store([adjustment])
    return adjustment


def rejections(adjustments: Sequence[UsageAdjustment]) -> dict[int, AdjustmentRejectedError]:
    """Return why some of the adjustments, by position, cannot be made. All subscriptions must exist."""
    (today,) = business_days_of([timezone.now()])
    return {
        position: AdjustmentRejectedError(reason, field)
        for position, adjustment in enumerate(adjustments)
        if (problem := next(_problems(adjustment, today), None))
        for field, reason in [problem]
    }


def store(adjustments: Sequence[UsageAdjustment]) -> None:
    """Store adjustments that are valid.

    Raises IntegrityError if one is the credit of a record whose credit is stored already.
    """
    UsageAdjustment.objects.bulk_create(adjustments, batch_size=_BATCH_SIZE)


def reverse(adjustment_id: int, *, reason: str, actor: str) -> UsageAdjustment:
    """Reverse an adjustment by another with its amounts negated, to which it refers as `reversed_by`.

    An adjustment is reversed once. A reversal is not reversed: a new adjustment replaces it. So an adjustment and its
    reversal alone say whether it counts.

    Raises UnknownAdjustmentError, NotReversibleError, and AdjustmentRejectedError as `adjust` does.
    """
    original = _reversible(adjustment_id)
    reversal = UsageAdjustment(
        subscription_id=original.subscription_id,
        usage_type=original.usage_type,
        day=original.day,
        used=-original.used,
        price=-original.price,
        reason=reason.strip(),
        actor=actor.strip(),
        reverses=original,
    )
    if problem := next(_text_problems(reversal), None):
        field, why = problem
        raise AdjustmentRejectedError(why, field)
    try:
        with transaction.atomic():
            reversal.save(force_insert=True)
    except IntegrityError:  # another session was faster: it is committed now
        _reversible(adjustment_id)
        raise
    return reversal


def _reversible(adjustment_id: int) -> UsageAdjustment:
    original = UsageAdjustment.objects.select_related("reversed_by").filter(pk=adjustment_id).first()
    if original is None:
        raise UnknownAdjustmentError(f"there is no adjustment {adjustment_id}")
    if original.reverses_id is not None:
        raise NotReversibleError(
            f"adjustment {adjustment_id} is itself the reversal of {original.reverses_id}; "
            "make a new adjustment instead"
        )
    reversal: UsageAdjustment | None = getattr(original, "reversed_by", None)
    if reversal:
        raise NotReversibleError(
            f"adjustment {adjustment_id} was reversed already, by {reversal.actor} at "
            f"{reversal.created_at:%Y-%m-%d %H:%M} UTC as adjustment {reversal.pk}: {reversal.reason}"
        )
    return original


def _problems(adjustment: UsageAdjustment, today: date) -> Iterator[tuple[str, str]]:
    yield from _amount_problems(adjustment)
    yield from _text_problems(adjustment)
    yield from _day_problems(adjustment.day, today)
    if adjustment.usage_type not in UsageType.values:
        yield "usage_type", f"{adjustment.usage_type!r} is none of {', '.join(UsageType.values)}"


def _exists(subscription_id: object) -> bool:
    # Deleted subscriptions exist too.
    return type(subscription_id) is int and Subscription.objects.filter(pk=subscription_id).exists()


def _amount_problems(adjustment: UsageAdjustment) -> Iterator[tuple[str, str]]:
    used: object = adjustment.used
    price: object = adjustment.price
    if type(used) is not int or abs(used) > LARGEST_QUANTITY:
        yield "used", f"{used!r} is not a whole number from {-LARGEST_QUANTITY} to {LARGEST_QUANTITY}"
    if not isinstance(price, Decimal) or not price.is_finite() or abs(price) > LARGEST_PRICE:
        yield "price", f"{price!s} is not a decimal from {-LARGEST_PRICE} to {LARGEST_PRICE}"
    elif round(price, PRICE_DECIMALS) != price:
        yield "price", f"{price} has more than {PRICE_DECIMALS} decimals; round it"
    if used == price == 0:
        yield "used", "neither a quantity nor a price to adjust by: give one that is not 0"


def _text_problems(adjustment: UsageAdjustment) -> Iterator[tuple[str, str]]:
    for field, longest, meaning in (
        ("reason", LONGEST_REASON, "give the reason of the adjustment"),
        ("actor", LONGEST_ACTOR, "give the name of the person or program that adjusts"),
    ):
        text: str = getattr(adjustment, field)
        if not text:
            yield field, f"empty; {meaning}"
        elif len(text) > longest:
            yield field, f"{len(text)} characters, more than {longest}; shorten it"
        elif "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
            yield field, f"{text!r} has characters that PostgreSQL cannot keep; leave them out"


def _day_problems(day: object, today: date) -> Iterator[tuple[str, str]]:
    if not isinstance(day, date) or isinstance(day, datetime) or not EARLIEST <= day <= LATEST:
        yield "day", f"{day} is not a day from {EARLIEST} to {LATEST}"
        return
    if (ahead := (day - today).days) > settings.WINGTEL_MAX_FUTURE_DAYS:
        most = f"{settings.WINGTEL_MAX_FUTURE_DAYS} (WINGTEL_MAX_FUTURE_DAYS)"
        yield "day", f"{day} lies {ahead} days ahead, more than {most}; adjust it on that day or later"
