"""Django system checks: subscriptions that show identifiers which they do not hold."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core import checks
from django.db import ProgrammingError

from wingtel.db.checks import of_our_database

_MAX_WARNINGS = 20


@of_our_database
def shown_identifiers_are_held(
    *, app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None, **_: Any
) -> list[checks.CheckMessage]:
    """Warn of identifiers that the migration could not assign.

    Several subscriptions claimed them, or they were no identifiers.
    """
    from .assignments import not_held  # noqa: PLC0415 - needs the apps to be loaded

    if not databases:
        return []
    try:
        subscriptions = not_held(limit=_MAX_WARNINGS + 1)
    except ProgrammingError:
        return []  # not migrated yet
    warnings: list[checks.CheckMessage] = [
        checks.Warning(
            f"Subscription {subscription} shows the {kind.words} {value}, which it does not hold.",
            f"Usage that names it is rejected. Run `wingtel subscriptions assign {subscription} {kind} {value} --from "
            "TIMESTAMP`.",
            id="wingtel.W005",
        )
        for subscription, kind, value in subscriptions[:_MAX_WARNINGS]
    ]
    if len(subscriptions) > _MAX_WARNINGS:
        warnings.append(checks.Warning("There are more such subscriptions.", id="wingtel.W005"))
    return warnings
