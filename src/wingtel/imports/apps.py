from django.apps import AppConfig


class ImportsConfig(AppConfig):
    name = "wingtel.imports"
    label = "wingtel_imports"
