"""The partitions of an older database take raw records without a price after its migration."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from wingtel.aggregates.apps import install
from wingtel.usage import partitions

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
PARTITIONS = {"data_usage_record_20260310": "kilobytes_used", "voice_usage_record_20260310": "seconds_used"}


def insert_into(partition: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {partition} (record_id, usage_date, subscription_id, {PARTITIONS[partition]})"
            " VALUES ('r', %s, 7, 5)",
            [NOON],
        )


def test_existing_partitions_get_the_default(empty_database: None) -> None:
    executor = MigrationExecutor(connection)
    others = (leaf for leaf in executor.loader.graph.leaf_nodes() if leaf[0] != "usage")
    executor.migrate([("usage", "0006_wide_amounts"), *others])
    install()
    partitions.ensure([NOON.date()])
    for partition in PARTITIONS:
        with pytest.raises(IntegrityError, match="price"), transaction.atomic():
            insert_into(partition)

    call_command("migrate", verbosity=0)
    for partition in PARTITIONS:
        insert_into(partition)
    with connection.cursor() as cursor:
        cursor.execute("SELECT usage_type, used, price, records FROM usage_daily ORDER BY 1")
        assert cursor.fetchall() == [("data", 5, Decimal(0), 1), ("voice", 5, Decimal(0), 1)]
