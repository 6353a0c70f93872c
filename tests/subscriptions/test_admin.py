"""Staff see and change plans, subscriptions and purchases in the admin; deleting a subscription keeps its row."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db.models import ProtectedError
from django.test import Client

from wingtel.subscriptions.models import Plan, Purchase, Subscription
from wingtel.usage.models import DataUsageRecord, UsageAdjustment

pytestmark = pytest.mark.django_db


@pytest.fixture
def subscription() -> Subscription:
    plan = Plan.objects.create(name="Small", price=Decimal(10))
    subscription = Subscription.objects.create(carrier="att", plan=plan, phone_number="12025550001")
    Purchase.objects.create(subscription=subscription, amount=Decimal("9.99"))
    return subscription


@pytest.mark.parametrize(("model", "shown"), [("plan", "Small"), ("subscription", "12025550001"), ("purchase", "9.99")])
def test_each_model_has_a_list_and_a_form(
    model: str, shown: str, subscription: Subscription, admin_client: Client
) -> None:
    assert shown in admin_client.get(f"/admin/wingtel_subscriptions/{model}/").content.decode()
    assert admin_client.get(f"/admin/wingtel_subscriptions/{model}/add/").status_code == 200


@pytest.fixture
def used(subscription: Subscription) -> Subscription:
    """Return a subscription with a purchase, a usage record and an adjustment."""
    DataUsageRecord.objects.create(
        subscription=subscription, usage_date=datetime(2026, 3, 1, tzinfo=UTC), kilobytes_used=1, price=Decimal(1)
    )
    UsageAdjustment.objects.create(
        subscription=subscription, usage_type="data", day=date(2026, 3, 1), used=1, reason="r", actor="a"
    )
    return subscription


def test_deleting_a_subscription_marks_it_and_keeps_what_is_on_record(used: Subscription, admin_client: Client) -> None:
    address = f"/admin/wingtel_subscriptions/subscription/{used.pk}/delete/"
    assert "Are you sure" in admin_client.get(address).content.decode()
    admin_client.post(address, {"post": "yes"})
    used.refresh_from_db()
    assert used.deleted_at is not None
    assert not Subscription.objects.current().filter(pk=used.pk).exists()
    assert (Purchase.objects.count(), DataUsageRecord.objects.count(), UsageAdjustment.objects.count()) == (1, 1, 1)


def test_deleting_some_at_once_marks_each(used: Subscription, admin_client: Client) -> None:
    ids = [used.pk, Subscription.objects.create(carrier="att").pk]
    admin_client.post(
        "/admin/wingtel_subscriptions/subscription/",
        {"action": "delete_selected", "_selected_action": ids, "post": "yes"},
    )
    assert list(Subscription.objects.filter(deleted_at=None)) == []
    assert Subscription.objects.count() == 2


def test_a_subscription_with_purchases_is_not_removed_and_the_soft_way_is_named(subscription: Subscription) -> None:
    with pytest.raises(ProtectedError, match=r"Purchase\.subscription.* Delete it softly"):
        subscription.delete()
