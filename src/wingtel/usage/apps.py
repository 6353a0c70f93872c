from django.apps import AppConfig
from django.core import checks

from .checks import fixed_settings_are_kept, quantities_are_in_range


class UsageConfig(AppConfig):
    name = "wingtel.usage"
    label = "usage"

    def ready(self) -> None:
        checks.register(fixed_settings_are_kept, checks.Tags.database)
        checks.register(quantities_are_in_range, checks.Tags.database)
