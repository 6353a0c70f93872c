from django.apps import AppConfig


class BackgroundConfig(AppConfig):
    name = "wingtel.background"
    label = "background"
