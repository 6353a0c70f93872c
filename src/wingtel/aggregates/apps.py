from typing import Any

from django.apps import AppConfig
from django.core import checks
from django.db.models.signals import post_migrate

from .checks import strategy_is_installed


class AggregatesConfig(AppConfig):
    name = "wingtel.aggregates"
    label = "wingtel_aggregates"

    def ready(self) -> None:
        from wingtel.usage.partitions import partition_created  # noqa: PLC0415 - needs the apps to be loaded

        from .strategies import connect_receivers  # noqa: PLC0415 - needs the apps to be loaded

        checks.register(strategy_is_installed, checks.Tags.database)
        post_migrate.connect(install, sender=self)
        partition_created.connect(tell_strategy)
        connect_receivers()


def install(**_: Any) -> None:
    """Bring functions, views, rules and triggers up to date with this version of Wingtel."""
    from .strategies import define_functions, ensure_installed  # noqa: PLC0415 - needs the apps to be loaded

    define_functions()
    ensure_installed()


def tell_strategy(partition: Any, **_: Any) -> None:
    """Inform the active strategy of a new partition."""
    from .strategies import active  # noqa: PLC0415 - needs the apps to be loaded

    if strategy := active():
        strategy.partition_created(partition)
