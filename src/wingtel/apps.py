from django.apps import AppConfig
from django.core import checks

from .db.checks import structure_is_of_this_version


class WingtelConfig(AppConfig):
    """App of the commands, which belong to no single part, and of the check of the whole database."""

    name = "wingtel"
    label = "wingtel"

    def ready(self) -> None:
        checks.register(structure_is_of_this_version, checks.Tags.database)
