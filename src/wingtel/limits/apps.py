from django.apps import AppConfig


class LimitsConfig(AppConfig):
    name = "wingtel.limits"
    label = "wingtel_limits"
