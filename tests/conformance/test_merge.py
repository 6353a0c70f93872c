"""MERGE on the raw tables is rejected under every strategy; on a partition by name it counts like other SQL."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import NotSupportedError, connection, transaction

from tests.conformance.oracle import differences
from tests.conformance.writing import MODELS, Model, quantity_of, record
from wingtel.aggregates.strategies import Strategy
from wingtel.subscriptions.models import Subscription

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)

# The first row is inserted: PostgreSQL 18 would report it as the new version of the row updated after it.
MERGE = """
    MERGE INTO {relation} AS raw
    USING (VALUES ('new', 0), ('changed', 7), ('deleted', -1)) AS source (record_id, amount)
    ON raw.record_id = source.record_id
    WHEN NOT MATCHED THEN INSERT (record_id, usage_date, subscription_id, price, {quantity})
        VALUES (source.record_id, '2026-03-10 13:00Z', %(subscription)s, 9, 900)
    WHEN MATCHED AND amount < 0 THEN DELETE
    WHEN MATCHED THEN UPDATE SET price = raw.price + amount, {quantity} = raw.{quantity} + amount
"""


@pytest.fixture(params=MODELS)
def model(request: pytest.FixtureRequest, strategy: Strategy) -> Model:
    """Store three records of two days and three subscriptions in a raw table."""
    model: Model = request.param
    ids = [Subscription.objects.create(carrier="att").pk for _ in range(3)]
    record(
        model,
        [
            ("changed", NOON, ids[0], Decimal(1), 10),
            ("deleted", NOON, ids[1], Decimal(2), 20),
            ("next day", NOON + timedelta(days=1), ids[2], Decimal(3), 30),
        ],
    )
    return model


def merge(model: Model, relation: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            MERGE.format(relation=relation, quantity=quantity_of(model)),
            {"subscription": Subscription.objects.earliest("pk").pk},
        )


def rows(model: Model) -> list[tuple[Any, ...]]:
    return list(model.objects.order_by("record_id").values_list("record_id", "price", quantity_of(model)))


@pytest.mark.parametrize("relation", ["{}", "ONLY {}"])
def test_merge_on_a_raw_table_is_refused_and_changes_nothing(strategy: Strategy, model: Model, relation: str) -> None:
    before = rows(model)
    with pytest.raises(NotSupportedError, match=f'cannot execute MERGE on relation "{model._meta.db_table}"'):
        merge(model, relation.format(model._meta.db_table))
    assert rows(model) == before
    assert differences() == []


def test_merge_on_a_partition_by_name_is_counted(strategy: Strategy, model: Model) -> None:
    merge(model, f"{model._meta.db_table}_20260310")
    assert rows(model) == [("changed", 8, 17), ("new", 9, 900), ("next day", 3, 30)]
    assert differences() == [] or not strategy.counts_sql


def test_what_the_refusal_of_merge_leaves_alone(strategy: Strategy, model: Model) -> None:
    """The rule against MERGE is one of DELETE. Deletes still return rows, in WITH and in COPY too, and upserts work."""
    table, quantity = model._meta.db_table, quantity_of(model)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH gone AS (DELETE FROM {table} WHERE record_id = 'deleted' RETURNING record_id, {quantity} AS used)
                INSERT INTO {table} (record_id, usage_date, subscription_id, price, {quantity})
                SELECT record_id, '2026-03-11 09:00Z', %s, 5, used FROM gone
                ON CONFLICT (record_id, usage_date, subscription_id) DO UPDATE SET price = excluded.price
                RETURNING price""",
            [Subscription.objects.earliest("pk").pk],
        )
        assert cursor.fetchall() == [(Decimal(5),)]
        with cursor.copy(f"COPY (DELETE FROM {table} WHERE price = 5 RETURNING record_id) TO STDOUT") as copied:
            assert b"".join(bytes(part) for part in copied) == b"deleted\n"
    assert rows(model) == [("changed", 1, 10), ("next day", 3, 30)]
    assert differences() == [] or not strategy.counts_sql
