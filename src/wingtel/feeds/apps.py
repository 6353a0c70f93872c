from django.apps import AppConfig


class FeedsConfig(AppConfig):
    name = "wingtel.feeds"
    label = "feeds"
