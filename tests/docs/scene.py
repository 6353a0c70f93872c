"""The installation that every page finds: ten subscriptions, and the data and voice of a week of November 2026."""

from datetime import date
from decimal import Decimal
from pathlib import Path

from django.db import connection

from wingtel.imports import profiles
from wingtel.imports.generator import write_feed
from wingtel.imports.service import ImportOptions, import_feed
from wingtel.subscriptions.models import Plan

DAYS, LAST_DAY = 7, date(2026, 11, 14)


def build(folder: Path) -> None:
    """Import usage, so that ids begin at 1. The file is usage.csv in the folder."""
    restart_ids()
    feed = folder / "usage.csv"
    write_feed(feed, subscriptions=10, days=DAYS, seed=1, last_day=LAST_DAY)
    import_feed(feed, profiles.find("wingtel"), ImportOptions(create_subscriptions=True))
    Plan.objects.create(name="Gold", price=Decimal("19.99"))


def restart_ids() -> None:
    """Let ids begin at 1."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval(format('%I.%I', schemaname, sequencename), 1, false) FROM pg_sequences"
            " WHERE sequencename NOT LIKE 'auth\\_%%' AND sequencename NOT LIKE 'django\\_%%'"
        )
