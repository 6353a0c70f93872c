from django.apps import AppConfig
from django.core import checks

from .checks import shown_identifiers_are_held


class SubscriptionsConfig(AppConfig):
    name = "wingtel.subscriptions"
    label = "wingtel_subscriptions"

    def ready(self) -> None:
        checks.register(shown_identifiers_are_held, checks.Tags.database)
