"""Date the identifiers and plans of existing subscriptions by what is known: effective date and deletion."""

from itertools import groupby
from operator import itemgetter

import polars as pl
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.utils import CursorWrapper
from django.db.migrations.state import StateApps

from wingtel import sql
from wingtel.subscriptions.identifiers import Kind, normalise_many

_SQL = sql.statements("wingtel.subscriptions", "sql/backfill.sql")
_COUNTRIES = {"att": "US", "sprint": "US"}
_COLUMNS = {"msisdn": "phone_number", "device_id": "device_id"}


def backfill(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Write the dated rows, and numbers in E.164. Existing purchases are those of their subscription's owner."""
    with editor.connection.cursor() as cursor:
        cursor.execute(_SQL["stage_forms"])
        for kind, column in _COLUMNS.items():
            _stage_forms(cursor, kind, column)
            cursor.execute(_SQL["show_forms"].replace("{column}", column), {"kind": kind})
        for statement in ("stage_claims", "index_claims", "begin_claims", "assign_claims", "plans", "purchasers"):
            cursor.execute(_SQL[statement])


def _stage_forms(cursor: CursorWrapper, kind: str, column: str) -> None:
    cursor.execute(_SQL["written"].replace("{column}", column))
    written = sorted(cursor.fetchall())
    with cursor.copy(_SQL["copy_forms"]) as copy:
        for carrier, rows in groupby(written, key=itemgetter(0)):
            texts = pl.Series([text for _, text in rows])
            values, _ = normalise_many(Kind(kind), texts, _COUNTRIES[carrier])
            for text, value in zip(texts, values, strict=True):
                if value is not None:
                    copy.write_row((carrier, kind, text, value))


class Migration(migrations.Migration):
    dependencies = [("subscriptions", "0002_dated_identifiers_and_plans")]

    operations = [migrations.RunPython(backfill, migrations.RunPython.noop)]
