from typing import Any

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "wingtel.notifications"
    label = "wingtel_notifications"

    def ready(self) -> None:
        from wingtel.limits.evaluation import alerts_changed  # noqa: PLC0415 - needs the apps to be loaded

        alerts_changed.connect(insert_deliveries)


def insert_deliveries(event: Any, alerts: Any, **_: Any) -> None:
    """Store a delivery of an event to each receiver."""
    from .delivery import insert_deliveries  # noqa: PLC0415 - needs the apps to be loaded

    insert_deliveries(event, alerts)
