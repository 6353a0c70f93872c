from django.apps import AppConfig


class WingtelConfig(AppConfig):
    """Holds the commands, which belong to no one part."""

    name = "wingtel"
    label = "wingtel"
