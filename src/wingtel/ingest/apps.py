from django.apps import AppConfig


class IngestConfig(AppConfig):
    name = "wingtel.ingest"
    label = "wingtel_ingest"
