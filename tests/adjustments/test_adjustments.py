"""Adjustments of a day and their reversals: which are rejected, and with which message."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from tests.conformance.at_once import in_threads
from wingtel.adjustments.services import (
    AdjustmentRejectedError,
    NotReversibleError,
    UnknownAdjustmentError,
    adjust,
    reverse,
)
from wingtel.aggregates import queries
from wingtel.aggregates.periods import Period
from wingtel.subscriptions.models import Subscription
from wingtel.usage.models import UsageAdjustment, UsageType

DAY = date(2026, 3, 10)
LARGEST = 10**15


@pytest.fixture
def subscription(db: None) -> int:
    return Subscription.objects.create(carrier="att").pk


def made(subscription: int, **values: Any) -> UsageAdjustment:
    return adjust(
        **{
            "subscription_id": subscription,
            "usage_type": UsageType.DATA,
            "day": DAY,
            "used": -3,
            "price": Decimal("-0.1250"),
            "reason": "credited",
            "actor": "ada",
        }
        | values
    )


def total(subscription: int) -> list[tuple[str, int, Decimal, int]]:
    series = queries.series(subscription_id=subscription, period=Period(DAY, DAY))
    return [(point.usage_type, point.used, point.price, point.records) for point in series.points]


def test_an_adjustment_is_kept_and_counted(subscription: int) -> None:
    adjustment = made(subscription, reason="  credited ", actor=" ada ")
    assert (adjustment.used, adjustment.price) == (-3, Decimal("-0.1250"))
    assert (adjustment.reason, adjustment.actor) == ("credited", "ada")
    assert total(subscription) == [("data", -3, Decimal("-0.1250"), 0)]


def test_a_deleted_subscription_can_be_adjusted(subscription: int) -> None:
    Subscription.objects.get(pk=subscription).delete_softly()
    made(subscription, usage_type=UsageType.VOICE, used=60, price=Decimal(0))
    assert total(subscription) == [("voice", 60, Decimal(0), 0)]


@pytest.mark.parametrize(
    ("values", "field", "reason"),
    [
        ({"subscription_id": 2**40}, "subscription_id", "there is no subscription 1099511627776"),
        ({"usage_type": "mms"}, "usage_type", "'mms' is none of data, voice, sms"),
        (
            {"used": 0, "price": Decimal(0)},
            "used",
            "neither a quantity nor a price to adjust by: give one that is not 0",
        ),
        ({"used": 10**15 + 1}, "used", f"{10**15 + 1} is not a whole number from {-LARGEST} to {LARGEST}"),
        ({"used": -(10**15) - 1}, "used", f"{-(10**15) - 1} is not a whole number from {-LARGEST} to {LARGEST}"),
        ({"used": True}, "used", f"True is not a whole number from {-LARGEST} to {LARGEST}"),
        (
            {"price": Decimal("0.000000001")},
            "price",
            "1E-9 has more than 8 decimals; round it",
        ),
        (
            {"price": Decimal(-10000000000)},
            "price",
            "-10000000000 is not a decimal from -9999999999.9999 to 9999999999.9999",
        ),
        ({"price": Decimal("NaN")}, "price", "NaN is not a decimal from -9999999999.9999 to 9999999999.9999"),
        ({"price": 0.5}, "price", "0.5 is not a decimal from -9999999999.9999 to 9999999999.9999"),
        ({"reason": " "}, "reason", "empty; give the reason of the adjustment"),
        ({"reason": "x" * 2001}, "reason", "2001 characters, more than 2000; shorten it"),
        ({"actor": ""}, "actor", "empty; give the name of the person or program that adjusts"),
        ({"actor": "a\0"}, "actor", "'a\\x00' has characters that PostgreSQL cannot keep; leave them out"),
        ({"day": date(1899, 12, 31)}, "day", "1899-12-31 is not a day from 1900-01-01 to 9998-12-31"),
        ({"day": datetime(2026, 3, 10)}, "day", "2026-03-10 00:00:00 is not a day from 1900-01-01 to 9998-12-31"),  # noqa: DTZ001
    ],
)
def test_what_is_wrong_is_refused_by_field(subscription: int, values: dict[str, Any], field: str, reason: str) -> None:
    with pytest.raises(AdjustmentRejectedError) as rejected:
        made(subscription, **values)
    assert (rejected.value.field, rejected.value.reason) == (field, reason)
    assert not UsageAdjustment.objects.exists()


def test_a_day_ahead_is_adjusted_as_far_as_records_are_taken(subscription: int, settings: Settings) -> None:
    settings.WINGTEL_MAX_FUTURE_DAYS = 2
    today = timezone.now().date()
    made(subscription, day=today + timedelta(days=1))
    with pytest.raises(AdjustmentRejectedError, match=r"days ahead, more than 2 \(WINGTEL_MAX_FUTURE_DAYS\)"):
        made(subscription, day=today + timedelta(days=4))


def test_a_reversal_takes_everything_back(subscription: int) -> None:
    adjustment = made(subscription)
    reversal = reverse(adjustment.pk, reason="a mistake", actor="bob")
    assert (reversal.used, reversal.price, reversal.reverses_id) == (3, Decimal("0.1250"), adjustment.pk)
    assert (reversal.subscription_id, reversal.usage_type, reversal.day) == (subscription, "data", DAY)
    assert total(subscription) == []


def test_a_second_reversal_is_refused_with_the_first(subscription: int) -> None:
    adjustment = made(subscription)
    reversal = reverse(adjustment.pk, reason="a mistake", actor="bob")
    with pytest.raises(
        NotReversibleError,
        match=rf"{adjustment.pk} was reversed already, by bob at .* UTC as adjustment {reversal.pk}: a mistake",
    ):
        reverse(adjustment.pk, reason="again", actor="eve")


def test_a_reversal_is_not_reversed(subscription: int) -> None:
    adjustment = made(subscription)
    reversal = reverse(adjustment.pk, reason="a mistake", actor="bob")
    with pytest.raises(NotReversibleError, match="make a new adjustment instead"):
        reverse(reversal.pk, reason="no mistake", actor="bob")


def test_an_unknown_adjustment_is_not_reversed(db: None) -> None:
    with pytest.raises(UnknownAdjustmentError, match="there is no adjustment 12"):
        reverse(12, reason="r", actor="a")


def test_a_reversal_needs_a_reason(subscription: int) -> None:
    adjustment = made(subscription)
    with pytest.raises(AdjustmentRejectedError, match="reason: empty"):
        reverse(adjustment.pk, reason="", actor="a")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE wingtel_usage_adjustment SET used = 1",
        "DELETE FROM wingtel_usage_adjustment",
        "TRUNCATE wingtel_usage_adjustment",
    ],
)
@pytest.mark.django_db(transaction=True)
def test_no_adjustment_is_changed_or_deleted(subscription: int, statement: str) -> None:
    made(subscription)
    with (
        pytest.raises(OperationalError, match="is kept as it is"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


@pytest.mark.django_db(transaction=True)
def test_of_reversals_at_once_one_is_made() -> None:
    subscription = Subscription.objects.create(carrier="att").pk
    adjustment = made(subscription)

    def attempt() -> int:
        try:
            reverse(adjustment.pk, reason="a mistake", actor="bob")
        except NotReversibleError as error:
            assert "was reversed already, by bob" in str(error)  # noqa: PT017 - counted below
            return 0
        return 1

    assert sum(in_threads(*[attempt] * 6)) == 1
    assert UsageAdjustment.objects.count() == 2
    assert total(subscription) == []
