from django.apps import AppConfig


class FeedsConfig(AppConfig):
    name = "wingtel.imports"
    label = "feeds"
