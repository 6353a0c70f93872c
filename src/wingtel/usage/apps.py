from typing import Any

from django.apps import AppConfig
from django.core import checks
from django.core.management.base import CommandError
from django.db import connections
from django.db.models.signals import pre_migrate

from .checks import fixed_settings_are_kept


class UsageConfig(AppConfig):
    name = "wingtel.usage"
    label = "wingtel_usage"

    def ready(self) -> None:
        checks.register(fixed_settings_are_kept, checks.Tags.database)
        pre_migrate.connect(reject_older_history, sender=self)


def reject_older_history(using: str, **_: Any) -> None:
    """Reject a database of before the migrations started anew (docs/decisions/0049). Raises CommandError."""
    tables = connections[using].introspection.table_names()
    if "data_usage_record" in tables and "wingtel_data_usage_record" not in tables:
        raise CommandError(
            f"the database {connections[using].settings_dict['NAME']} was made by an earlier, unreleased version of"
            " Wingtel, and cannot be upgraded. Use an empty database, or another folder by WINGTEL_HOME, and import"
            " the files again."
        )
