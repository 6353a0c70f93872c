from typing import Any

import django_stubs_ext
from django.apps import AppConfig
from django.conf import settings
from django.core import checks

from .config.checks import database_is_postgresql, settings_are_known, timestamps_have_zones
from .config.project import set_defaults
from .db.checks import structure_is_of_this_version

django_stubs_ext.monkeypatch()  # allows type parameters of ModelAdmin and other generic classes


class WingtelConfig(AppConfig):
    """App of the commands, of the settings, and of the check of the whole database."""

    name = "wingtel"
    label = "wingtel"

    def __init__(self, app_name: str, app_module: Any) -> None:
        super().__init__(app_name, app_module)
        set_defaults(settings)  # before any app imports its models or is ready

    def ready(self) -> None:
        checks.register(database_is_postgresql, checks.Tags.database)
        checks.register(timestamps_have_zones)
        checks.register(settings_are_known)
        checks.register(structure_is_of_this_version, checks.Tags.database)
