from django.apps import AppConfig


class LifecycleConfig(AppConfig):
    name = "wingtel.lifecycle"
    label = "wingtel_lifecycle"
