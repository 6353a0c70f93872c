"""Objects created, updated and deleted one by one, and created in bulk, as the seed measured."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django.db import models

from benchmarks.measuring import timed
from benchmarks.strategies.feed import Row, rows
from benchmarks.strategies.figures import NONE, Table, interleave
from benchmarks.strategies.state import assert_exact, start
from wingtel.aggregates import strategies
from wingtel.ingest.inputs import UsageRecordInput
from wingtel.ingest.service import ingest_usage
from wingtel.usage.models import DataUsageRecord, UsageType


class PlainRecord(DataUsageRecord):
    """The record as plain Django writes it, without making partitions or emitting change events."""

    plain = models.Manager["PlainRecord"]()

    class Meta:
        proxy = True
        app_label = "usage"
        base_manager_name = "plain"
        default_manager_name = "plain"

    save = models.Model.save
    delete = models.Model.delete


def measure(sizes: Sequence[int], bulk: int, rounds: int) -> Table:
    """Measure the seconds for 100 and 1 000 objects, and for one bulk_create of 10 000."""
    table = Table(
        "Objects one by one and in bulk",
        "`inline` creates through `ingest_usage`, one entry a call; it does not see what the models change or delete."
        " In brackets: how many times the time of *no aggregation*, which is plain Django.",
    )

    def measure_variant(variant: str) -> None:
        strategy = start(variant)
        for size in sizes:
            _one_by_one(table, variant, strategy, size)
        if strategy.counts_models:
            objects = [_object(DataUsageRecord if variant != NONE else PlainRecord, row) for row in rows(bulk)]
            manager: Any = PlainRecord.plain if variant == NONE else DataUsageRecord.objects
            table.add(f"bulk_create {bulk:,}", variant, timed(lambda: manager.bulk_create(objects)), bulk)
            assert_exact()

    interleave(rounds, [NONE, *strategies.NAMES], measure_variant)
    return table


def _one_by_one(table: Table, variant: str, strategy: strategies.Strategy, size: int) -> None:
    given = [(f"{row[0]}-{size}", *row[1:]) for row in rows(size, 50)]
    if not strategy.counts_models:
        table.add(f"create {size:,}", variant, timed(lambda: [ingest_usage([_input(row)]) for row in given]))
        assert_exact()
        return
    objects = [_object(PlainRecord if variant == NONE else DataUsageRecord, row) for row in given]  # type: ignore[arg-type]
    works: dict[str, Callable[[DataUsageRecord], Any]] = {
        "create": lambda record: record.save(force_insert=True),
        "update": _update,
        "delete": lambda record: record.delete(),
    }
    for name, work in works.items():
        table.add(f"{name} {size:,}", variant, timed(partial(list, map(work, objects))))
        assert_exact()


def _update(record: DataUsageRecord) -> None:
    record.price += 1
    record.save()


def _object(model: type[DataUsageRecord], row: Row) -> DataUsageRecord:
    record_id, timestamp, subscription, price, kilobytes = row
    return model(
        record_id=record_id, usage_date=timestamp, subscription_id=subscription, price=price, kilobytes_used=kilobytes
    )


def _input(row: Row) -> UsageRecordInput:
    record_id, timestamp, subscription, price, kilobytes = row
    return UsageRecordInput(UsageType.DATA, timestamp, subscription, kilobytes, price, record_id)
