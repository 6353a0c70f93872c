"""Recording many entries at once."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from wingtel.recording.entries import NamedBy, Recorded, Refusal, UsageEntry
from wingtel.recording.staged import record_usage
from wingtel.subscriptions.models import Subscription
from wingtel.usage.models import DataUsageRecord, UsageType, VoiceUsageRecord

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def entry(position: int, subscription: str, *, kind: UsageType = UsageType.DATA, **changes: object) -> UsageEntry:
    made = UsageEntry(position, kind, f"r{position}", NOON, subscription, "att", 10, Decimal("0.5"))
    return made._replace(**changes)


@pytest.fixture
def phone() -> str:
    Subscription.objects.create(carrier="att", phone_number="100", device_id="d-100")
    return "100"


def test_entries_go_to_the_table_of_their_usage_type(phone: str) -> None:
    entries = [entry(1, phone), entry(2, phone, kind=UsageType.VOICE), entry(3, phone)]
    assert record_usage(entries, named_by=NamedBy.PHONE_NUMBER) == Recorded(accepted=3)
    assert list(DataUsageRecord.objects.values_list("record_id", flat=True).order_by("record_id")) == [
        "r1",
        "r3",
    ]
    assert VoiceUsageRecord.objects.get().seconds_used == 10


def test_the_same_reference_at_another_moment_is_another_record(phone: str) -> None:
    entries = [entry(1, phone), entry(2, phone, record_id="r1", moment=NOON + timedelta(days=40))]
    assert record_usage(entries, named_by=NamedBy.PHONE_NUMBER) == Recorded(accepted=2)


def test_of_two_entries_with_one_key_the_first_is_recorded(phone: str) -> None:
    entries = [entry(1, phone, quantity=7), entry(2, phone, record_id="r1", quantity=8)]
    assert record_usage(entries, named_by=NamedBy.PHONE_NUMBER) == Recorded(accepted=1, duplicate=1)
    assert DataUsageRecord.objects.get().kilobytes_used == 7


@pytest.mark.parametrize(
    ("named_by", "name", "reason"),
    [
        (NamedBy.PHONE_NUMBER, "9", "unknown phone number 9"),
        (NamedBy.DEVICE_ID, "d-9", "unknown device id d-9"),
        (NamedBy.ID, "0", "unknown subscription id 0"),
    ],
)
def test_an_unknown_subscription_is_refused_by_what_it_was_named(named_by: NamedBy, name: str, reason: str) -> None:
    assert record_usage([entry(5, name)], named_by=named_by) == Recorded(refused=[Refusal(5, named_by.value, reason)])


def test_an_unknown_device_is_created_once_for_all_its_entries() -> None:
    entries = [entry(1, "d-1", carrier="sprint"), entry(2, "d-1")]
    assert record_usage(entries, named_by=NamedBy.DEVICE_ID, create_subscriptions=True) == Recorded(accepted=2)
    assert Subscription.objects.values_list("device_id", "carrier", "phone_number").get() == (
        "d-1",
        "sprint",
        "",
    )


def test_nothing_is_recorded_from_no_entries() -> None:
    assert record_usage([], named_by=NamedBy.ID) == Recorded()


def test_creating_by_id_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be created by its id"):
        record_usage([], named_by=NamedBy.ID, create_subscriptions=True)
