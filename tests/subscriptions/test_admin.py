"""Staff see and change plans, subscriptions and purchases in the admin; deleting a subscription keeps its row."""

from decimal import Decimal

import pytest
from django.test import Client

from wingtel.subscriptions.models import Plan, Purchase, Subscription

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
    assert shown in admin_client.get(f"/admin/subscriptions/{model}/").content.decode()
    assert admin_client.get(f"/admin/subscriptions/{model}/add/").status_code == 200


def test_deleting_a_subscription_marks_it_and_keeps_its_purchases(admin_client: Client) -> None:
    subscription = Subscription.objects.create(carrier="sprint", phone_number="12025550002")
    admin_client.post(f"/admin/subscriptions/subscription/{subscription.pk}/delete/", {"post": "yes"})
    subscription.refresh_from_db()
    assert subscription.deleted_at is not None
    assert not Subscription.objects.current().filter(pk=subscription.pk).exists()


def test_deleting_some_at_once_marks_each(admin_client: Client) -> None:
    ids = [Subscription.objects.create(carrier="att").pk for _ in range(2)]
    admin_client.post(
        "/admin/subscriptions/subscription/",
        {"action": "delete_selected", "_selected_action": ids, "post": "yes"},
    )
    assert list(Subscription.objects.filter(deleted_at=None)) == []
    assert Subscription.objects.count() == 2
