"""Metrics for Prometheus, read from the database at each request, so that every server gives the same."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from wingtel import sql
from wingtel.aggregates import strategies
from wingtel.tasks.models import TaskRun

from .health import redis_status

_SQL = sql.statements(__package__, "sql/metrics.sql")


def exposition() -> bytes:
    """Return the metrics in Prometheus' text format.

    If the database does not answer, they say that.
    """
    return generate_latest(_REGISTRY)


class _Metrics(Collector):
    def collect(self) -> Iterable[Metric]:
        yield _gauge("wingtel_redis_up", "1 if Redis answers, else 0.", redis_status() == "ok")
        try:
            metrics = [*_drift(), *_tasks(), *_days(), *_imports(), *_backlog()]
        except DatabaseError:
            yield _gauge("wingtel_database_up", "1 if PostgreSQL answers, else 0.", up=False)
            return
        yield _gauge("wingtel_database_up", "1 if PostgreSQL answers, else 0.", up=True)
        yield from metrics

    def describe(self) -> Iterable[Metric]:
        """Return nothing, since registering must not query the database."""
        return ()


_REGISTRY = CollectorRegistry(auto_describe=False)
_REGISTRY.register(_Metrics())


def _drift() -> Iterable[Metric]:
    (keys, price), (reconciled_at,) = _row("drift"), _row("reconciled")
    yield _gauge("wingtel_drift_keys", "Aggregates that differ from their sources.", keys)
    yield _gauge("wingtel_drift_price", "Sum of the absolute differences of their prices.", price)
    help_text = "When the aggregates were last compared with their sources, in seconds since 1970."
    yield _gauge("wingtel_reconciled_timestamp_seconds", help_text, _seconds(reconciled_at))


def _tasks() -> Iterable[Metric]:
    runs = CounterMetricFamily("wingtel_task_runs", "Runs of a task.", labels=["task"])
    failures = CounterMetricFamily("wingtel_task_failures", "Runs of a task that failed.", labels=["task"])
    help_text = "When a task last succeeded, in seconds since 1970."
    succeeded = GaugeMetricFamily("wingtel_task_succeeded_timestamp_seconds", help_text, labels=["task"])
    for run in TaskRun.objects.all():
        runs.add_metric([run.task], run.runs)
        failures.add_metric([run.task], run.failures)
        succeeded.add_metric([run.task], _seconds(run.succeeded_at))
    return runs, failures, succeeded


def _days() -> Iterable[Metric]:
    days = GaugeMetricFamily("wingtel_days", "Business days in each state.", labels=["state"])
    overdue = 0
    for state, number, late in _rows("days", after=settings.WINGTEL_SEAL_AFTER_DAYS):
        days.add_metric([state], number)
        overdue += late
    return days, _gauge("wingtel_days_overdue", "Open days that ought to be sealed.", overdue)


def _imports() -> Iterable[Metric]:
    imports = GaugeMetricFamily("wingtel_imports", "Imports in each status.", labels=["status"])
    accepted = rejected = 0
    for status, number, accepted_lines, rejected_lines in _rows("imports"):
        imports.add_metric([status], number)
        accepted, rejected = accepted + accepted_lines, rejected + rejected_lines
    yield imports
    yield _counter("wingtel_lines_accepted", "Lines of files and batches that were accepted.", accepted)
    yield _counter("wingtel_lines_rejected", "Lines of files and batches that were rejected.", rejected)


def _backlog() -> Iterable[Metric]:
    strategy = strategies.active()
    info = GaugeMetricFamily("wingtel_strategy", "The strategy that keeps the aggregates.", labels=["strategy"])
    if strategy:
        info.add_metric([strategy.name], 1)
    pending = strategy.backlog().records if strategy else 0
    return info, _gauge("wingtel_records_pending", "Records in pending deltas, to be merged.", pending)


def _gauge(name: str, documentation: str, up: float) -> Metric:
    return GaugeMetricFamily(name, documentation, float(up))


def _counter(name: str, documentation: str, value: float) -> Metric:
    return CounterMetricFamily(name, documentation, float(value))


def _seconds(timestamp: datetime | None) -> float:
    return timestamp.timestamp() if timestamp else 0.0


def _row(statement: str) -> tuple[Any, ...]:
    return _rows(statement)[0]


def _rows(statement: str, **parameters: int) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(_SQL[statement], parameters)
        return list(cursor.fetchall())
