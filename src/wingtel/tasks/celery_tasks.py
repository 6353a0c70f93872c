"""Celery tasks.

Each finds what is due and calls one service for it. So running it twice, at once or again after a worker was killed,
has no further effect. CELERY_BEAT_SCHEDULE and CELERY_TASK_ROUTES in the settings say when they run and in which queue.
"""

from dataclasses import asdict
from datetime import timedelta

from celery import shared_task
from celery.utils.log import get_task_logger
from django.utils import timezone

from wingtel.aggregates import strategies
from wingtel.imports.folder_watch import Arrival
from wingtel.lifecycle.batch_result import BatchResult
from wingtel.lifecycle.expiry import expire_due
from wingtel.lifecycle.reconciliation import reconcile_due
from wingtel.lifecycle.seals import seal_due
from wingtel.limits.evaluation import evaluate
from wingtel.notifications.delivery import deliver_due
from wingtel.subscriptions import assignments
from wingtel.usage import partitions
from wingtel.usage.provenance import delete_spent_batches

from . import folder_scans
from .base import BaseTask

log = get_task_logger(__name__)

_MAX_PAUSE = timedelta(days=7)
"""Longest pause of background work after which identifiers and plans that ended are still followed."""


@shared_task(base=BaseTask, name="wingtel.merge")
def merge() -> int | None:
    """Merge pending deltas. See `Strategy.merge`."""
    strategy = strategies.active()
    return strategy.merge() if strategy else None


@shared_task(base=BaseTask, name="wingtel.make_partitions")
def make_partitions() -> list[str]:
    """Make the partitions of today and the days ahead; return their names."""
    return [partition.table for partition in partitions.ensure_ahead()]


@shared_task(base=BaseTask, name="wingtel.seal")
def seal() -> list[str]:
    """Seal the days that are due; return them."""
    return _log_rejected("sealed", seal_due())


@shared_task(base=BaseTask, name="wingtel.expire")
def expire() -> list[str]:
    """Drop the raw records that are due, and the ingest batches without records; return the days."""
    expired = _log_rejected("expired", expire_due())
    delete_spent_batches()
    return expired


@shared_task(base=BaseTask, name="wingtel.reconcile")
def reconcile() -> int | None:
    """Compare the aggregates of the last days with their sources, if that is due; return how many keys differ."""
    outcome = reconcile_due()
    if outcome is None:
        return None
    if outcome.drift_keys:
        log.error("%s: see `wingtel days reconcile`", outcome)
    return outcome.drift_keys


@shared_task(base=BaseTask, name="wingtel.watch")
def watch(name: str) -> list[str]:
    """Import the complete files in the folder of a watch, by its configured name; return the names of the files."""
    arrivals = folder_scans.scan(name)
    for arrival in arrivals:
        _log_arrival(arrival)
    return [arrival.name for arrival in arrivals]


@shared_task(base=BaseTask, name="wingtel.refresh_current")
def refresh_current() -> int:
    """Update the subscriptions whose identifiers or plans ended as planned; return how many changed."""
    return assignments.refresh_current(since=timezone.now() - _MAX_PAUSE)


@shared_task(base=BaseTask, name="wingtel.evaluate_limits")
def evaluate_limits() -> dict[str, int]:
    """Open and resolve alerts of price limits after changes; return the counts."""
    return asdict(evaluate())


@shared_task(base=BaseTask, name="wingtel.deliver")
def deliver() -> dict[str, int]:
    """Send the deliveries that are due; return the counts."""
    return asdict(deliver_due())


def _log_rejected(action: str, result: BatchResult) -> list[str]:
    for reason in result.rejected.values():
        log.warning("not %s: %s", action, reason)
    return [day.isoformat() for day in result.done]


def _log_arrival(arrival: Arrival) -> None:
    if arrival.summary is None:
        log.error("%s failed: %s; it is in %s", arrival.name, arrival.problem, arrival.moved_to.parent)
        return
    if rejected := arrival.summary.rejected:
        log.warning(
            "%s: %s lines were rejected: wingtel imports rejects %s", arrival.name, rejected, arrival.summary.import_id
        )
    if conflict := arrival.summary.conflict:
        log.warning("%s: %s lines contradict stored records: wingtel conflicts list", arrival.name, conflict)
