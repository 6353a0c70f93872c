from django.apps import AppConfig


class SubscriptionsConfig(AppConfig):
    name = "wingtel.subscriptions"
    label = "subscriptions"
