"""A raw record that is written without a price costs nothing, in every way of writing."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import connection

from wingtel.subscriptions.models import Subscription
from wingtel.usage import partitions
from wingtel.usage.models import DataUsageRecord, UsageRecord, VoiceUsageRecord

pytestmark = pytest.mark.django_db

DAY = date(2026, 3, 10)
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
MODELS = [DataUsageRecord, VoiceUsageRecord]


@pytest.mark.parametrize("model", MODELS)
def test_a_model_without_a_price_costs_nothing(model: type[UsageRecord]) -> None:
    subscription = Subscription.objects.create(carrier="att")
    record = model(subscription=subscription, usage_date=NOON, **{model.quantity: 5})
    assert record.price == Decimal(0)
    record.save()
    model._base_manager.bulk_create([model(subscription=subscription, usage_date=NOON, **{model.quantity: 6})])
    assert list(model._base_manager.values_list("price", flat=True)) == [Decimal(0), Decimal(0)]


@pytest.mark.parametrize("model", MODELS)
def test_sql_may_leave_the_price_out_in_the_raw_table_and_in_a_partition(model: type[UsageRecord]) -> None:
    subscription = Subscription.objects.create(carrier="att")
    partitions.ensure([DAY])
    with connection.cursor() as cursor:
        for table in (model._meta.db_table, f"{model._meta.db_table}_20260310"):
            cursor.execute(
                f"INSERT INTO {table} (record_id, usage_date, subscription_id, {model.quantity})"
                " VALUES (%s, %s, %s, 5)",
                [table, NOON, subscription.pk],
            )
        cursor.execute("SELECT usage_type, used, price, records FROM usage_daily")
        assert cursor.fetchall() == [(model.usage_type, 10, Decimal(0), 2)]
