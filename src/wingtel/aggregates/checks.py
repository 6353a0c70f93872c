"""Django system checks that compare the database with what the active strategy installed."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core import checks
from django.db import ProgrammingError

from wingtel.db.checks import of_our_database


@of_our_database
def strategy_is_installed(
    *, app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None, **_: Any
) -> list[checks.CheckMessage]:
    """Warn of drift: outdated functions, changed views, disabled triggers. Report surplus objects.

    They are only warnings, since errors would keep `migrate` from repairing them.
    """
    from .models import ActiveStrategy  # noqa: PLC0415 - needs the apps to be loaded
    from .strategies import outdated, problems, surplus  # noqa: PLC0415 - needs the apps to be loaded

    if not databases:
        return []
    try:
        active = ActiveStrategy.objects.first()
    except ProgrammingError:
        return []  # not migrated yet
    if active is None:
        return []
    if outdated():
        hint = "Run `wingtel manage migrate`."
        return [checks.Warning(f"{active.name} was installed by another version of Wingtel.", hint, id="wingtel.W001")]
    hint = f"Run `wingtel strategy use {active.name}`: it installs the strategy again and rebuilds the aggregates."
    return [
        *(checks.Warning(f"{active.name}: {problem}.", hint, id="wingtel.W002") for problem in problems()),
        *(
            checks.Info(f"{name} is not of this version.", "Drop it, unless it is your own.", id="wingtel.I001")
            for name in surplus()
        ),
    ]
