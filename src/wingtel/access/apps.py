from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccessConfig(AppConfig):
    name = "wingtel.access"
    label = "wingtel_access"

    def ready(self) -> None:
        post_migrate.connect(make_groups, sender=self)


def make_groups(using: str, **_: Any) -> None:
    """Create a group for each scope, to put users into."""
    from .people import make_groups  # noqa: PLC0415 - needs the apps to be loaded

    make_groups(using)
