"""Staff see every model in the admin, and write through the services that the API and the command line use."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.db import NotSupportedError, connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from wingtel.access import keys
from wingtel.access.models import ApiKey
from wingtel.access.scopes import Scope
from wingtel.access.verification import check
from wingtel.aggregates.models import UsageDaily, UsageMonthly
from wingtel.imports.models import RejectedRecord, UsageImport
from wingtel.limits.models import Alert, AlertEventType, PriceLimit
from wingtel.notifications import endpoints
from wingtel.notifications.models import Delivery, WebhookEndpoint
from wingtel.subscriptions.models import Plan, Subscription
from wingtel.usage.models import DataUsageRecord, DataUsageRow, UsageAdjustment

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

OURS = [model for model in apps.get_models() if model.__module__.startswith("wingtel.")]
REGISTERED = sorted((model for model in OURS if model in admin.site._registry), key=lambda model: model.__name__)


def url(model: type[models.Model], page: str = "changelist", *arguments: Any) -> str:
    """Return the address of a page of a model's admin."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=arguments)


def shown(client: Client, address: str, **query: str) -> str:
    """Return the text of a page."""
    response = client.get(address, query)
    assert response.status_code == 200, address
    return response.content.decode()


@pytest.fixture
def subscription() -> Subscription:
    return Subscription.objects.create(carrier="att", phone_number="+12025550100")


@pytest.fixture
def record(subscription: Subscription) -> DataUsageRecord:
    return DataUsageRecord.objects.create(
        record_id='a "quoted" reference', subscription=subscription, usage_date=NOON, kilobytes_used=7, price=Decimal(3)
    )


def test_every_model_is_registered_but_those_with_composite_keys() -> None:
    """The rows of these are seen through UsageDaily, UsageMonthly, DataUsageRow and VoiceUsageRow."""
    missing = {model for model in OURS if model not in admin.site._registry}
    assert missing == {model for model in OURS if model._meta.is_composite_pk}
    assert {DataUsageRow, UsageDaily, UsageMonthly, ApiKey, Delivery, UsageImport} <= set(REGISTERED)


@pytest.mark.parametrize("model", REGISTERED)
def test_each_model_has_a_list_that_can_be_searched(model: type[models.Model], admin_client: Client) -> None:
    assert shown(admin_client, url(model))
    assert shown(admin_client, url(model), q="7")
    assert shown(admin_client, url(model), q="no number")


@pytest.mark.parametrize("model", REGISTERED)
def test_no_list_asks_the_database_for_each_row(
    model: type[models.Model], record: DataUsageRecord, admin_client: Client
) -> None:
    """Lists of one and of five rows take the same number of statements, of models whose rows are made here."""
    make_rows(1)
    with CaptureQueriesContext(connection) as few:
        shown(admin_client, url(model))
    make_rows(4)
    with CaptureQueriesContext(connection) as many:
        shown(admin_client, url(model))
    assert len(many) == len(few)


def make_rows(number: int) -> None:
    """Make rows of the models whose lists show related rows."""
    endpoint = endpoints.add_endpoint("https://example.org/hook")
    for each in range(number):
        plan = Plan.objects.create(name=f"plan {Plan.objects.count()}")
        subscription = Subscription.objects.create(carrier="att", plan=plan, device_id=f"device {plan.pk}")
        limit = PriceLimit.objects.create(subscription=subscription, amount=Decimal(each + 1))
        terms = {"period": "month", "first": date(2026, 3, 1), "last": date(2026, 3, 31), "threshold_percent": 100}
        alert = Alert.objects.create(
            price_limit=limit, subscription=subscription, threshold_amount=1, price=1, opened_at=NOON, **terms
        )
        Delivery.objects.create(
            alert=alert, event=AlertEventType.OPENED, endpoint=endpoint, due_at=NOON, created_at=NOON
        )
        DataUsageRecord.objects.create(subscription=subscription, usage_date=NOON, kilobytes_used=1)
        UsageAdjustment.objects.create(
            subscription=subscription, usage_type="data", day=date(2026, 3, 1), used=1, reason="r", actor="a"
        )
        RejectedRecord.objects.create(
            usage_import=UsageImport.objects.create(file="f", sha256="0", feed="f"), line=1, raw="r", reason="r"
        )


@pytest.mark.parametrize("model", [DataUsageRow, UsageDaily, UsageMonthly])
def test_usage_is_listed_found_and_shown(
    model: type[models.Model], record: DataUsageRecord, admin_client: Client
) -> None:
    words = record.record_id if model is DataUsageRow else str(record.subscription_id)
    (link,) = set(re.findall(rf'href="({url(model)}[^"?]+/change/)', shown(admin_client, url(model), q=words)))
    page = shown(admin_client, link)
    assert "3.00000000" in page
    assert 'name="_save"' not in page
    assert admin_client.post(link, {}).status_code == 403
    assert admin_client.get(url(model, "change", "[1]")).status_code == 302  # to the index, which says that it is gone


def test_raw_records_are_found_by_reference_and_by_subscription_of_a_day(
    record: DataUsageRecord, admin_client: Client
) -> None:
    found = {
        "reference": shown(admin_client, url(DataUsageRow), q=record.record_id),
        "subscription": shown(admin_client, url(DataUsageRow), q=str(record.subscription_id)),
        "of the day": shown(admin_client, url(DataUsageRow), q=str(record.subscription_id), day="2026-03-01"),
        "of another day": shown(admin_client, url(DataUsageRow), q=str(record.subscription_id), day="2026-03-02"),
        "of no day": shown(admin_client, url(DataUsageRow), day="yesterday"),
    }
    assert [name for name, page in found.items() if "quoted" in page.split("result_list")[-1]] == [
        "reference",
        "of the day",
    ]


def test_no_list_of_raw_records_counts_all_of_them(record: DataUsageRecord, admin_client: Client) -> None:
    with CaptureQueriesContext(connection) as queries:
        shown(admin_client, url(DataUsageRow))
    counts = [each["sql"] for each in queries if "COUNT(*)" in each["sql"] and "data_usage" in each["sql"]]
    assert len(counts) == 1
    assert "LIMIT 1000" in counts[0]


@pytest.mark.parametrize("model", [DataUsageRow, UsageDaily, UsageMonthly])
def test_a_list_of_usage_is_read_in_the_order_of_an_index(
    model: type[models.Model], record: DataUsageRecord, admin_client: Client
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # which small tables are read by
    with CaptureQueriesContext(connection) as queries:
        shown(admin_client, url(model))
    (listing,) = (each["sql"] for each in queries if "json_build_array" in each["sql"] and "ORDER" in each["sql"])
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {listing}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Index Scan" in plan
    assert "Sort" not in plan.replace("Sort Key", "")


def test_usage_by_day_and_month_is_read_by_the_orm(record: DataUsageRecord, subscription: Subscription) -> None:
    day = UsageDaily.objects.get(subscription=subscription, day=date(2026, 3, 1), usage_type="data")
    assert (day.used, day.price, day.records) == (7, Decimal(3), 1)
    assert day.key == f'[{subscription.pk}, "data", "2026-03-01"]'
    assert UsageDaily.objects.get(pk=day.key) == day
    month = UsageMonthly.objects.select_related("subscription").get(month=date(2026, 3, 1))
    assert (month.subscription.phone_number, month.price) == ("+12025550100", Decimal(3))
    assert UsageDaily.objects.aggregate(models.Sum("price")) == {"price__sum": Decimal(3)}


def test_views_refuse_to_be_written(record: DataUsageRecord) -> None:
    row = UsageDaily.objects.get()
    for write in (
        row.save,
        row.delete,
        UsageDaily.objects.all().delete,
        lambda: UsageDaily.objects.update(price=0),
        lambda: UsageDaily.objects.create(price=0),
        lambda: UsageDaily.objects.bulk_create([row]),
        lambda: UsageDaily.objects.bulk_update([row], ["price"]),
        lambda: UsageDaily.objects.update_or_create({"price": 0}, key=row.key),
    ):
        with pytest.raises(NotSupportedError, match="daily usage are only read"):
            write()
    assert UsageDaily.objects.get().price == 3


def test_a_key_is_made_and_shown_once(admin_client: Client) -> None:
    form = {"name": "billing", "scopes": ["read"], "carrier": "att"}
    response = admin_client.post(url(ApiKey, "add"), form)
    (token,) = re.findall(r"wt_[a-z0-9]{8}_\w{43}", response.content.decode())
    assert "no-store" in response["Cache-Control"]
    assert check(token).carrier == "att"

    key = ApiKey.objects.get()
    for address in (url(ApiKey), url(ApiKey, "change", key.pk), url(ApiKey, "history", key.pk), reverse("admin:index")):
        page = shown(admin_client, address)
        assert token not in page
        assert key.hashed not in page


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        ({"name": "taken", "scopes": ["read"]}, "there is a key named"),
        ({"name": "new", "scopes": ["read"], "carrier": "nobody"}, "there is no carrier"),
        ({"name": "new", "scopes": []}, "This field is required"),
    ],
)
def test_what_the_service_refuses_is_told_in_the_form(form: dict[str, Any], problem: str, admin_client: Client) -> None:
    keys.create("taken", scopes=[Scope.READ])
    assert problem in admin_client.post(url(ApiKey, "add"), form).content.decode()
    assert ApiKey.objects.count() == 1


def test_keys_are_revoked_by_those_who_may_change_them(admin_client: Client) -> None:
    key = keys.create("billing", scopes=[Scope.READ]).key
    action = {"action": "revoke", "_selected_action": [key.pk]}
    viewer = User.objects.create_user("viewer", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_apikey"))
    other = Client()
    other.force_login(viewer)
    other.post(url(ApiKey), action)
    key.refresh_from_db()
    assert key.revoked_at is None

    admin_client.post(url(ApiKey), action)
    key.refresh_from_db()
    assert key.revoked_at is not None


def test_a_limit_is_made_changed_and_removed(subscription: Subscription, admin_client: Client) -> None:
    form = {"name": "data", "subscription": subscription.pk, "period": "month", "amount": "50", "thresholds": "90,80"}
    assert admin_client.post(url(PriceLimit, "add"), form).status_code == 302
    limit = PriceLimit.objects.get()
    assert (limit.thresholds, limit.usage_type, limit.starts is None) == ([80, 90], None, False)

    plan = Plan.objects.create(name="Small")
    refused = admin_client.post(url(PriceLimit, "change", limit.pk), form | {"plan": plan.pk})
    assert "name one of the two" in refused.content.decode()

    assert admin_client.post(url(PriceLimit, "change", limit.pk), form | {"amount": "60"}).status_code == 302
    assert PriceLimit.objects.get().amount == 60

    assert admin_client.post(url(PriceLimit, "delete", limit.pk), {"post": "yes"}).status_code == 302
    assert PriceLimit.objects.get().deleted_at is not None
    assert admin_client.post(url(PriceLimit, "change", limit.pk), form).status_code == 403


def test_an_endpoint_is_added_and_its_secret_shown_once(admin_client: Client) -> None:
    refused = admin_client.post(url(WebhookEndpoint, "add"), {"url": "https://127.0.0.1/hook"})
    assert "not a public address" in refused.content.decode()

    added = admin_client.post(url(WebhookEndpoint, "add"), {"url": "https://example.org/hook", "enabled": "on"})
    endpoint = WebhookEndpoint.objects.get()
    first = endpoint.secret
    assert first in html(added)
    for address in (url(WebhookEndpoint), url(WebhookEndpoint, "change", endpoint.pk)):
        assert "whsec_" not in shown(admin_client, address)

    rotated = admin_client.post(url(WebhookEndpoint), {"action": "rotate_secret", "_selected_action": [endpoint.pk]})
    endpoint.refresh_from_db()
    assert endpoint.previous_secret == first
    assert endpoint.secret in html(rotated)

    changed = {"url": "https://example.org/other", "description": "billing"}
    assert admin_client.post(url(WebhookEndpoint, "change", endpoint.pk), changed).status_code == 302
    endpoint.refresh_from_db()
    assert (endpoint.url, endpoint.enabled) == ("https://example.org/other", False)


def html(response: Any) -> str:
    """Return the text of a response, without escapes."""
    return str(response.content.decode()).replace("&#x2B;", "+")


def test_a_delivery_is_sent_again(admin_client: Client) -> None:
    make_rows(1)
    Delivery.objects.update(state=Delivery.State.FAILED, attempts=10)
    admin_client.post(url(Delivery), {"action": "replay", "_selected_action": [Delivery.objects.get().pk]})
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts) == (Delivery.State.DUE, 0)


def test_an_adjustment_is_made_by_the_user(subscription: Subscription, admin_client: Client) -> None:
    form = {"subscription": subscription.pk, "usage_type": "data", "day": "2026-03-01", "used": "-5", "price": "0"}
    assert "This field is required" in admin_client.post(url(UsageAdjustment, "add"), form).content.decode()
    nothing = form | {"used": "0", "reason": "credit"}
    assert "neither a quantity" in admin_client.post(url(UsageAdjustment, "add"), nothing).content.decode()

    assert admin_client.post(url(UsageAdjustment, "add"), form | {"reason": "credit"}).status_code == 302
    adjustment = UsageAdjustment.objects.get()
    assert (adjustment.used, adjustment.actor) == (-5, "admin")
    assert "credit" in shown(admin_client, url(UsageAdjustment, "change", adjustment.pk))
    assert UsageDaily.objects.get().used == -5
