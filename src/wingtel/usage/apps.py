from django.apps import AppConfig
from django.core import checks

from .checks import fixed_settings_are_kept


class UsageConfig(AppConfig):
    name = "wingtel.usage"
    label = "wingtel_usage"

    def ready(self) -> None:
        checks.register(fixed_settings_are_kept, checks.Tags.database)
