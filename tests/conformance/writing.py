"""The three ways to write usage: through `ingest_usage`, through the models, and with SQL."""

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal

from django.db import connection
from django.db.models import F

from wingtel.ingest.inputs import UsageRecordInput
from wingtel.ingest.service import ingest_usage
from wingtel.usage.models import DataUsageRecord, SmsUsageRecord, UsageRecord, UsageType, VoiceUsageRecord

Row = tuple[str, datetime, int, Decimal, int]
"""record_id, usage_date, subscription_id, price, quantity."""

Model = type[UsageRecord]

MODELS: tuple[Model, ...] = (DataUsageRecord, VoiceUsageRecord, SmsUsageRecord)
QUANTITIES = {DataUsageRecord: "kilobytes_used", VoiceUsageRecord: "seconds_used", SmsUsageRecord: "messages_sent"}
USAGE_TYPES = {DataUsageRecord: UsageType.DATA, VoiceUsageRecord: UsageType.VOICE, SmsUsageRecord: UsageType.SMS}


def quantity_of(model: Model) -> str:
    return QUANTITIES[model]


def usage_type_of(model: Model) -> UsageType:
    return USAGE_TYPES[model]


def objects(model: Model, rows: Sequence[Row]) -> list[UsageRecord]:
    names = ("record_id", "usage_date", "subscription_id", "price", quantity_of(model))
    return [model(**dict(zip(names, row, strict=True))) for row in rows]


def record(model: Model, rows: Sequence[Row]) -> None:
    """Write through `ingest_usage`."""
    result = ingest_usage(
        UsageRecordInput(usage_type_of(model), timestamp, subscription, quantity, price, record_id)
        for record_id, timestamp, subscription, price, quantity in rows
    )
    assert not result.rejected, result.rejected


def create(model: Model, rows: Sequence[Row]) -> None:
    """Write through the models: the first record by itself, the rest in bulk."""
    first, *rest = objects(model, rows)
    first.save(force_insert=True)
    model.objects.bulk_create(rest)


def copy(model: Model, rows: Sequence[Row]) -> None:
    """Write with COPY."""
    with connection.cursor() as cursor, cursor.copy(_COPY.format(model._meta.db_table, quantity_of(model))) as copying:
        for row in rows:
            copying.write_row(row)


_COPY = "COPY {} (record_id, usage_date, subscription_id, price, {}) FROM STDIN"

WRITE: dict[str, Callable[[Model, Sequence[Row]], None]] = {"recorded": record, "models": create, "sql": copy}


def change_with_models(model: Model, prefix: str) -> None:
    model.objects.filter(record_id__startswith=prefix).update(price=F("price") + 1)


def change_with_sql(model: Model, prefix: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {model._meta.db_table} SET price = price + 1, usage_date = usage_date + interval '1 minute'"
            " WHERE record_id LIKE %s",
            [f"{prefix}%"],
        )


CHANGE: dict[str, Callable[[Model, str], None]] = {"models": change_with_models, "sql": change_with_sql}


def delete_with_models(model: Model, prefix: str) -> int:
    deleted, _ = model.objects.filter(record_id__startswith=prefix).delete()
    return deleted


def delete_with_sql(model: Model, prefix: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {model._meta.db_table} WHERE record_id LIKE %s", [f"{prefix}%"])
        return int(cursor.rowcount)


DELETE: dict[str, Callable[[Model, str], int]] = {"models": delete_with_models, "sql": delete_with_sql}
