from django.apps import AppConfig


class BackgroundConfig(AppConfig):
    name = "wingtel.tasks"
    label = "background"
