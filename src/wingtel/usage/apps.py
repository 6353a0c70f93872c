from typing import Any

from django.apps import AppConfig
from django.core import checks
from django.db import connections
from django.db.models.signals import post_migrate

from wingtel import sql

from .checks import quantities_are_in_range


class UsageConfig(AppConfig):
    name = "wingtel.usage"
    label = "usage"

    def ready(self) -> None:
        checks.register(quantities_are_in_range, checks.Tags.database)
        post_migrate.connect(install_functions, sender=self)


def install_functions(using: str, **_: Any) -> None:
    """Bring the functions over the raw records up to date with this version of Wingtel."""
    with connections[using].cursor() as cursor:
        cursor.execute(sql.script("wingtel.usage", "sql/functions.sql"))
