"""Installation of strategies, and detection of objects that another version of Wingtel installed."""

from hashlib import sha256

from django.db import connection, transaction

from wingtel import sql
from wingtel.aggregates import stored
from wingtel.aggregates.models import ActiveStrategy

from . import drift
from .base import Strategy, named

DEFAULT = "triggers"
FUNCTIONS = ("wingtel.subscriptions", "wingtel.usage", "wingtel.aggregates", "wingtel.limits")
"""Packages whose sql/functions.sql every database holds."""


def outdated() -> bool:
    """Return whether the objects in the database differ from those that this version of Wingtel installs."""
    row = ActiveStrategy.objects.first()
    return row is None or row.fingerprint != fingerprint(named(row.name))


def ensure_installed() -> None:
    """Install the default strategy if there is none, and bring an outdated one up to date."""
    with transaction.atomic():
        row = ActiveStrategy.objects.select_for_update().first()
        strategy = named(row.name if row else DEFAULT)
        if not row or row.fingerprint != fingerprint(strategy):
            strategy.install()
            define_views(strategy)
            make_active(strategy)


def define_views(strategy: Strategy) -> None:
    """Define the views through which readers see the aggregates of `strategy`."""
    with connection.cursor() as cursor:
        cursor.execute(strategy.views)


def make_active(strategy: Strategy) -> None:
    """Record that `strategy` is installed, with the hashes of its objects."""
    ActiveStrategy.objects.update_or_create(
        singleton=True,
        defaults={"name": strategy.name, "fingerprint": fingerprint(strategy), "objects_installed": drift.objects()},
    )


def fingerprint(strategy: Strategy) -> str:
    """Return a hash of the strategy's SQL, of the functions that all strategies use, and of the query of objects."""
    return sha256("".join([*_functions(), strategy.views, *strategy.sources, drift.OBJECTS]).encode()).hexdigest()


def define_functions() -> None:
    """Define the functions that the database holds under every strategy, and the rules and triggers beside them."""
    with connection.cursor() as cursor:
        for script in _functions():
            cursor.execute(script)


def _functions() -> list[str]:
    scripts = [sql.script(package, "sql/functions.sql") for package in FUNCTIONS]
    return [stored.UPPER_BOUNDS, *scripts, stored.DEFINE_ADD]
