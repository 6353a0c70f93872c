"""A day is dropped once each key is proven. From then on its fingerprint proves each key, and repair relies on it."""

import hashlib
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from tests.command import outcome
from tests.conformance.oracle import MAINTAINED
from tests.conformance.writing import MODELS, WRITE
from wingtel.adjustments.services import adjust
from wingtel.aggregates import strategies
from wingtel.aggregates.strategies import Strategy
from wingtel.ingest.batch import IngestOptions, OnDuplicate
from wingtel.ingest.inputs import UsageRecordInput
from wingtel.ingest.service import ingest_usage
from wingtel.lifecycle import expiry
from wingtel.lifecycle.batch_result import BatchResult
from wingtel.lifecycle.expiry import ExpiryRejectedError, expire, expire_due
from wingtel.lifecycle.rebuild_runs import rebuild_days
from wingtel.lifecycle.reconciliation import reconcile
from wingtel.lifecycle.seals import seal
from wingtel.subscriptions.models import Subscription
from wingtel.usage.models import DataUsageRecord, UsageDay, UsageDaySum, UsageType

DAY = date(2026, 3, 10)
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stored(strategy: Strategy) -> bool:
    """Return whether the strategy stores months. If not, none can be damaged."""
    return strategy.stores


@pytest.fixture
def ids(strategy: Strategy) -> list[int]:
    """Create three subscriptions that paid 1, 2 and 3 for data and for voice on two days of March and one of April."""
    ids = [Subscription.objects.create(carrier="att").pk for _ in range(3)]
    for number in (0, 1, 30):
        timestamp = NOON + timedelta(days=number)
        for model in MODELS:
            WRITE["recorded"](model, [(f"{number}-{n}", timestamp, ids[n], Decimal(n + 1), 7) for n in range(3)])
    strategy.merge()
    seal(DAY)
    return ids


def execute(statement: str, *parameters: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def move_a_charge(ids: list[int]) -> None:
    """Move a price from one subscription to another, which no sum over the day shows."""
    execute(
        "UPDATE wingtel_daily_usage SET price = price + CASE subscription_id WHEN %s THEN 1 ELSE -1 END"
        " WHERE day = %s AND usage_type = 'voice' AND subscription_id = ANY (%s)",
        ids[0],
        DAY,
        ids[:2],
    )


def months() -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"{MAINTAINED['usage_monthly']} ORDER BY 1, 2, 3")
        return list(cursor.fetchall())


def fingerprint(*keys: tuple[int, int, str, int]) -> Decimal:
    """Return the fingerprint of keys: subscription, quantity, price without trailing zeros, and records."""
    hashed = (hashlib.sha256(" ".join(map(str, key)).encode()).digest()[:8] for key in keys)
    return Decimal(sum(int.from_bytes(each, signed=True) for each in hashed))


def adjusted(subscription_id: int, used: int, price: str) -> None:
    adjust(
        subscription_id=subscription_id,
        usage_type=UsageType.VOICE,
        day=DAY,
        used=used,
        price=Decimal(price),
        reason="credited",
        actor="ada",
    )


def state() -> str:
    return UsageDay.objects.get(day=DAY).state


def fingerprints() -> dict[str, Decimal]:
    return dict(UsageDaySum.objects.filter(day=DAY).values_list("usage_type", "fingerprint"))


def test_a_seal_keeps_a_fingerprint_of_each_key(ids: list[int]) -> None:
    expected = fingerprint(*[(which, 7, str(n + 1), 1) for n, which in enumerate(ids)])
    assert fingerprints() == {"data": expected, "sms": expected, "voice": expected}
    WRITE["recorded"](DataUsageRecord, [("late", NOON, ids[0], Decimal("0.25"), 3)])
    seal(DAY)
    changed = fingerprint((ids[0], 10, "1.25", 2), (ids[1], 7, "2", 1), (ids[2], 7, "3", 1))
    assert fingerprints() == {"data": changed, "sms": expected, "voice": expected}


def test_damage_that_sums_do_not_show_prevents_expiry_and_is_named(ids: list[int]) -> None:
    move_a_charge(ids)
    with pytest.raises(ExpiryRejectedError) as rejected:
        expire(DAY)
    one, two = "used 7, price 1.0000, records 1", "used 7, price 2.0000, records 1"
    assert str(rejected.value) == (
        f"2026-03-10 does not reconcile: 2 keys differ (voice of subscription {ids[0]} is {two} and should be {one};"
        f" voice of subscription {ids[1]} is {one} and should be {two}); see `wingtel days reconcile --from 2026-03-10"
        " --to 2026-03-10`, and repair it with --repair"
    )
    assert expire_due() == BatchResult([], {DAY: str(rejected.value)})
    assert state() == "sealed"
    assert DataUsageRecord.objects.filter(usage_date=NOON).count() == 3
    assert reconcile(repair=True).repaired
    expire(DAY)
    assert reconcile().drift_keys == 0


def test_raw_records_changed_past_the_triggers_prevent_expiry(ids: list[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # no triggers
        cursor.execute("UPDATE wingtel_voice_usage_record SET price = price + 1 WHERE usage_date = %s", [NOON])
        cursor.execute("RESET session_replication_role")
    with pytest.raises(ExpiryRejectedError, match="2026-03-10 does not reconcile: 3 keys differ"):
        expire(DAY)
    reconcile(repair=True)
    if state() == "sealed":
        with pytest.raises(ExpiryRejectedError, match=r"price of voice is 9\.0+ and was 6\.0+,"):
            expire(DAY)
    execute("UPDATE wingtel_voice_usage_record SET price = price WHERE usage_date = %s", NOON)
    seal(DAY)
    expire(DAY)
    assert reconcile().drift_keys == 0


def test_a_day_that_was_opened_and_sealed_again_since_its_proof_is_not_dropped(ids: list[int]) -> None:
    proof = expiry._prove(DAY)
    WRITE["recorded"](DataUsageRecord, [("late", NOON, ids[0], Decimal(5), 3)])
    seal(DAY)
    with pytest.raises(ExpiryRejectedError, match="2026-03-10 was written to after it was proven"):
        expiry._drop_with_retry(DAY, proof)
    assert state() == "sealed"
    expire(DAY)
    assert reconcile().drift_keys == 0


def test_damage_to_an_expired_day_that_sums_do_not_show_is_reported_and_changes_no_month(
    ids: list[int], stored: bool
) -> None:
    expire(DAY)
    before = months()
    move_a_charge(ids)
    seal_of_day = {
        "grain": "seal of day",
        "kind": "differs",
        "subscription_id": None,
        "usage_type": "voice",
        "start": "2026-03-10",
        "expected": {
            "used": 21,
            "price": "6.0000",
            "records": 3,
            "fingerprint": str(fingerprint((ids[0], 7, "1", 1), (ids[1], 7, "2", 1), (ids[2], 7, "3", 1))),
        },
        "found": {
            "used": 21,
            "price": "6.0000",
            "records": 3,
            "fingerprint": str(fingerprint((ids[0], 7, "2", 1), (ids[1], 7, "1", 1), (ids[2], 7, "3", 1))),
        },
    }
    in_months = [
        {
            "grain": "month",
            "kind": "differs",
            "subscription_id": which,
            "usage_type": "voice",
            "start": "2026-03-01",
            "expected": {"used": 14, "price": of_days, "records": 2},
            "found": {"used": 14, "price": of_month, "records": 2},
        }
        for which, of_days, of_month in ((ids[0], "3.0000", "2.0000"), (ids[1], "3.0000", "4.0000"))
    ]
    expected = [seal_of_day, *in_months] if stored else [seal_of_day]
    for repair in (False, True, True):
        outcome = reconcile(repair=repair)
        assert outcome.differences == expected
        assert not outcome.repaired
        assert months() == before or not stored


def test_a_damaged_month_of_an_expired_day_that_is_right_is_repaired(ids: list[int]) -> None:
    adjusted(ids[0], -2, "-0.5000")
    expire(DAY)
    adjusted(ids[1], 5, "0.0001")
    adjusted(ids[2], -7, "-3.0000")
    right = months()
    execute("UPDATE wingtel_monthly_usage SET price = price + 1")
    outcome = reconcile(repair=True)
    assert outcome.repaired or not outcome.drift_keys
    assert months() == right
    assert reconcile().drift_keys == 0


@pytest.mark.parametrize("wrong", ["expired", "open"])
@pytest.mark.parametrize("way", ["reconcile", "rebuild"])
def test_a_month_is_not_derived_from_a_wrong_day_that_was_not_requested(
    ids: list[int], stored: bool, wrong: str, way: str
) -> None:
    if wrong == "expired":
        expire(DAY)
    else:
        WRITE["recorded"](DataUsageRecord, [("late", NOON, ids[0], Decimal(5), 3)])
    before = months()
    move_a_charge(ids)
    execute("UPDATE wingtel_monthly_usage SET price = price + 1 WHERE month = '2026-04-01'")
    later = DAY + timedelta(days=1), DAY + timedelta(days=40)
    if way == "reconcile":
        assert not reconcile(*later, repair=True).repaired or not stored
    elif stored:
        rebuild_days(*later)
    assert months() == before or not stored


def test_a_change_of_strategy_derives_no_month_from_a_wrong_day(ids: list[int], stored: bool) -> None:
    expire(DAY)
    right = months()
    move_a_charge(ids)
    expected = right if stored else months()  # computed from the days that exist
    for name in [name for name in strategies.NAMES if strategies.named(name).stores]:
        strategies.use(name)
        assert months() == expected


def test_a_replaced_record_derives_no_month_from_a_wrong_day(ids: list[int], stored: bool) -> None:
    expire(DAY)
    right = months()
    move_a_charge(ids)
    kept = right if stored else months()
    changed = UsageRecordInput(UsageType.VOICE, NOON + timedelta(days=1), ids[0], 9, Decimal("1.5"), "1-0")
    assert ingest_usage([changed], IngestOptions(on_duplicate=OnDuplicate.REPLACE)).accepted == 1
    assert months() == [
        (*key, used + 2, price + Decimal("0.5"), records)
        if key == [ids[0], "voice", date(2026, 3, 1)]
        else (*key, used, price, records)
        for *key, used, price, records in kept
    ]


@pytest.mark.parametrize(
    "damage", ["DELETE FROM wingtel_daily_usage", "UPDATE wingtel_daily_usage SET subscription_id = 999"]
)
def test_keys_that_an_expired_day_lost_or_moved_are_reported(ids: list[int], damage: str) -> None:
    expire(DAY)
    execute(f"{damage} WHERE day = %s AND usage_type = 'data' AND subscription_id = %s", DAY, ids[1])
    reported = [each["usage_type"] for each in reconcile().differences if each["grain"] == "seal of day"]
    assert reported == ["data"]


def test_the_command_reports_what_it_skipped(ids: list[int]) -> None:
    expire(DAY)
    move_a_charge(ids)
    result = outcome("days", "reconcile", "--repair", "--format", "table")
    assert result.exit_code == 1
    first, *_, last = result.stdout.splitlines()
    assert first.startswith(
        "seal of day 2026-03-10: voice differs: expected used 21, price 6.0000, records 3, fingerprint "
    )
    assert last.endswith("; repaired but for the days above that cannot be proven, and their months")
