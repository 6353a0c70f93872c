from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "wingtel.api"
    label = "wingtel_api"

    def ready(self) -> None:
        from .usage_records.tariffs import check_tariff  # noqa: PLC0415 - needs the apps to be loaded

        check_tariff()
