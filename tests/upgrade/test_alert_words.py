"""Limits, alerts and deliveries of an older database keep what they say under their new names."""

from datetime import UTC, date, datetime
from decimal import Decimal

from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from wingtel.aggregates.apps import install
from wingtel.limits.evaluation import Evaluation, evaluate
from wingtel.limits.models import Alert, Delivery, PriceLimit
from wingtel.subscriptions.models import Subscription

OLD = """
    INSERT INTO price_limit (name, per, amount, warn_at, emails, starts, created_at)
    VALUES ('cycle', 'cycle', 25, '{80}', '{}', '2026-03-01', '2026-03-01T12:00:00Z');
    INSERT INTO price_limit (name, per, amount, warn_at, emails, starts, created_at, deleted_at)
    VALUES ('gone', 'month', 25, '{}', '{}', '2026-03-01', '2026-03-01T12:00:00Z', '2026-03-02T12:00:00Z');
    INSERT INTO limit_alert (subscription_id, price_limit_id, per, first, last, level, threshold, price, raised_at)
    SELECT subscription.id, price_limit.id, 'cycle', '2026-03-01', '2026-03-31', 80, 20, 21.5, '2026-03-10T12:00:00Z'
    FROM subscription CROSS JOIN price_limit WHERE name = 'cycle';
    INSERT INTO limit_alert (subscription_id, price_limit_id, per, first, last, level, threshold, price, raised_at,
                             recovered_at, recovered_price)
    SELECT subscription.id, price_limit.id, 'cycle', '2026-03-01', '2026-03-31', 100, 25, 26, '2026-03-11T12:00:00Z',
           '2026-03-12T12:00:00Z', 21.5
    FROM subscription CROSS JOIN price_limit WHERE name = 'cycle';
    INSERT INTO limit_delivery (alert_id, event, email, due_at, created_at)
    SELECT limit_alert.id, event, 'ada@example.org', '2026-03-12T12:00:00Z', '2026-03-12T12:00:00Z'
    FROM limit_alert CROSS JOIN (VALUES ('alert.raised'), ('alert.recovered')) AS happened (event)
    WHERE recovered_at IS NOT NULL
"""
ONE = {"period": "cycle", "first": date(2026, 3, 1), "last": date(2026, 3, 31)}


def test_alerts_that_were_raised_and_recovered_are_open_and_resolved(empty_database: None) -> None:
    executor = MigrationExecutor(connection)
    others = (leaf for leaf in executor.loader.graph.leaf_nodes() if leaf[0] != "limits")
    executor.migrate([("limits", "0005_remove_near"), *others])
    install()
    Subscription.objects.create(carrier="att")
    with connection.cursor() as cursor:
        cursor.execute(OLD)

    call_command("migrate", verbosity=0)
    assert list(PriceLimit.objects.values_list("name", "period", "thresholds", "pending")) == [
        ("cycle", "cycle", [80], True),
        ("gone", "month", [], False),
    ]
    is_open, resolved = Alert.objects.order_by("pk").values()
    assert (
        is_open
        | ONE
        | {
            "threshold_percent": 80,
            "threshold_amount": Decimal(20),
            "price": Decimal("21.5"),
            "opened_at": datetime(2026, 3, 10, 12, tzinfo=UTC),
            "resolved_at": None,
            "resolved_price": None,
        }
        == is_open
    )
    assert (
        resolved
        | ONE
        | {
            "threshold_percent": 100,
            "threshold_amount": Decimal(25),
            "price": Decimal(26),
            "opened_at": datetime(2026, 3, 11, 12, tzinfo=UTC),
            "resolved_at": datetime(2026, 3, 12, 12, tzinfo=UTC),
            "resolved_price": Decimal("21.5"),
        }
        == resolved
    )
    assert list(Delivery.objects.order_by("pk").values_list("event", flat=True)) == ["alert.opened", "alert.resolved"]
    assert evaluate() == Evaluation(evaluated=1, opened=0, resolved=1)
