"""The active strategy is state of the database; its objects are brought up to date and removed completely."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import connection

from tests.conformance.oracle import differences
from wingtel.aggregates.models import ActiveStrategy
from wingtel.aggregates.strategies import active, ensure_installed, named, outdated
from wingtel.subscriptions.models import Subscription
from wingtel.usage.models import DataUsageRecord

pytestmark = pytest.mark.django_db


def trigger_count() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal AND tgname LIKE 'usage\\_%'")
        (count,) = cursor.fetchone()
    return int(count)


def use(subscription: Subscription) -> None:
    DataUsageRecord.objects.create(
        subscription=subscription, usage_date=datetime(2026, 3, 1, tzinfo=UTC), kilobytes_used=1, price=Decimal(1)
    )


def test_triggers_is_the_default() -> None:
    strategy = active()
    assert strategy is not None
    assert strategy.name == "triggers"
    assert not outdated()


def test_an_unknown_strategy_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="no strategy is named 'magic'"):
        named("magic")


def test_an_install_of_another_version_is_outdated_and_brought_up_to_date() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER usage_insert ON wingtel_data_usage_record")
    ActiveStrategy.objects.update(fingerprint="of another version")
    assert outdated()
    ensure_installed()
    assert not outdated()
    use(Subscription.objects.create(carrier="att"))
    assert differences() == []
