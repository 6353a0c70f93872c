from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "wingtel.api"
    label = "api"
