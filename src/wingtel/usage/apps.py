from django.apps import AppConfig
from django.core import checks

from .checks import quantities_are_in_range


class UsageConfig(AppConfig):
    name = "wingtel.usage"
    label = "usage"

    def ready(self) -> None:
        checks.register(quantities_are_in_range, checks.Tags.database)
