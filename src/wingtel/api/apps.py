from django.apps import AppConfig
from django.core import checks


class ApiConfig(AppConfig):
    name = "wingtel.api"
    label = "wingtel_api"

    def ready(self) -> None:
        from .common.request_ids import middleware_is_installed  # noqa: PLC0415 - needs the apps to be loaded
        from .usage_records.tariffs import check_tariff  # noqa: PLC0415 - needs the apps to be loaded

        checks.register(middleware_is_installed)
        check_tariff()
