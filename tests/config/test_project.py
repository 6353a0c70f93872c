"""A project sets what it likes: other settings have the defaults of the environment, and checks say what is missing."""

import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings, settings
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connections

from wingtel.api.common.request_ids import middleware_is_installed
from wingtel.config import project
from wingtel.config.checks import database_is_postgresql, settings_are_known, timestamps_have_zones

SOURCES = Path(project.__file__).parents[1]


def with_defaults(**own: Any) -> LazySettings:
    """Return the settings of a project that sets only its own."""
    found = LazySettings()
    found.configure(**own)
    project.set_defaults(found)
    return found


def test_each_setting_that_is_read_has_a_default() -> None:
    read = {
        name
        for source in SOURCES.rglob("*.py")
        for name in re.findall(r"\bsettings\.((?:WINGTEL|REDIS)_\w+)", source.read_text())
    }
    assert {"WINGTEL_TARIFF", "WINGTEL_MAX_FUTURE_DAYS", "REDIS_URL"} <= read
    found = with_defaults()
    assert [name for name in sorted(read) if not hasattr(found, name)] == []


def test_the_settings_of_the_project_hold() -> None:
    found = with_defaults(WINGTEL_CURRENCY="EUR", WINGTEL_RETENTION_DAYS=90)
    assert (found.WINGTEL_CURRENCY, found.WINGTEL_TIME_ZONE) == ("EUR", "UTC")
    assert found.WINGTEL_MAX_LATENESS_DAYS == 90
    assert with_defaults(WINGTEL_MAX_LATENESS_DAYS=7).WINGTEL_MAX_LATENESS_DAYS == 7
    assert not hasattr(found, "WINGTEL_SECRET_KEY")


def test_the_apps_of_a_project_are_those_of_the_server() -> None:
    installed = [app for app in settings.INSTALLED_APPS if app.partition(".")[0] == "wingtel"]
    assert installed == project.APPS


def test_the_server_passes_the_checks_of_a_project() -> None:
    assert [
        *settings_are_known(),
        *timestamps_have_zones(),
        *middleware_is_installed(),
        *database_is_postgresql(),
    ] == []


def test_checks_say_what_is_missing_and_how_to_mend_it(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.USE_TZ = False
    settings.MIDDLEWARE = []
    settings.WINGTEL_RETENTON_DAYS = 90
    monkeypatch.setattr(connections["default"], "vendor", "sqlite")
    with StringIO() as errors, pytest.raises(SystemCheckError, match=r"wingtel\.E001"):
        call_command("check", databases=["default"], stderr=errors)
    found = [*database_is_postgresql(), *timestamps_have_zones(), *settings_are_known(), *middleware_is_installed()]
    assert [(each.id, each.hint) for each in found] == [
        ("wingtel.E001", "Set the ENGINE of DATABASES['default'] to django.db.backends.postgresql."),
        ("wingtel.E002", "Set USE_TZ = True."),
        ("wingtel.W008", "Did you mean WINGTEL_RETENTION_DAYS?"),
        ("wingtel.W009", 'Put "wingtel.api.common.request_ids.RequestIdMiddleware" first in MIDDLEWARE.'),
    ]
