"""The tasks. Each asks what is due and calls the one service that does it, so that running it twice, at once or again
after a worker was killed, changes nothing more.

When they run, and in which queue, is CELERY_BEAT_SCHEDULE and CELERY_TASK_ROUTES in the settings.
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
from .base import RecordedTask

log = get_task_logger(__name__)

_LONGEST_PAUSE = timedelta(days=7)
"""The longest pause of background work after which identifiers and plans that ended are still followed."""


@shared_task(base=RecordedTask, name="wingtel.merge")
def merge() -> int | None:
    """Merge pending deltas. See `Strategy.merge`."""
    strategy = strategies.active()
    return strategy.merge() if strategy else None


@shared_task(base=RecordedTask, name="wingtel.make_partitions")
def make_partitions() -> list[str]:
    """Make the partitions of today and the days ahead; return their names."""
    return [partition.table for partition in partitions.ensure_ahead()]


@shared_task(base=RecordedTask, name="wingtel.seal")
def seal() -> list[str]:
    """Seal the days that are due; return them."""
    return _days("sealed", seal_due())


@shared_task(base=RecordedTask, name="wingtel.expire")
def expire() -> list[str]:
    """Drop the raw records that are due, and the batches of which none is left; return the days."""
    expired = _days("expired", expire_due())
    delete_spent_batches()
    return expired


@shared_task(base=RecordedTask, name="wingtel.reconcile")
def reconcile() -> int | None:
    """Compare the aggregates of the last days with their sources, if that is due; return how many keys differ."""
    outcome = reconcile_due()
    if outcome is None:
        return None
    if outcome.drift_keys:
        log.error("%s: see `wingtel reconcile`", outcome)
    return outcome.drift_keys


@shared_task(base=RecordedTask, name="wingtel.watch")
def watch(name: str) -> list[str]:
    """Import what is complete in the folder of a watch, by its configured name; return the names of the files."""
    arrivals = folder_scans.scan(name)
    for arrival in arrivals:
        _tell(arrival)
    return [arrival.name for arrival in arrivals]


@shared_task(base=RecordedTask, name="wingtel.refresh_current")
def refresh_current() -> int:
    """Let subscriptions show what follows identifiers and plans that ended as planned; return how many changed."""
    return assignments.refresh_current(since=timezone.now() - _LONGEST_PAUSE)


@shared_task(base=RecordedTask, name="wingtel.evaluate_limits")
def evaluate_limits() -> dict[str, int]:
    """Open and resolve alerts of price limits by what changed; return the counts."""
    return asdict(evaluate())


@shared_task(base=RecordedTask, name="wingtel.deliver")
def deliver() -> dict[str, int]:
    """Send the alerts that are due; return the counts."""
    return asdict(deliver_due())


def _days(done: str, outcome: BatchResult) -> list[str]:
    for reason in outcome.refused.values():
        log.warning("not %s: %s", done, reason)
    return [day.isoformat() for day in outcome.done]


def _tell(arrival: Arrival) -> None:
    if arrival.summary is None:
        log.error("%s failed: %s; it is in %s", arrival.name, arrival.problem, arrival.moved_to.parent)
        return
    if rejected := arrival.summary.rejected:
        log.warning("%s: %s lines were rejected: wingtel rejects %s", arrival.name, rejected, arrival.summary.import_id)
    if conflict := arrival.summary.conflict:
        log.warning("%s: %s lines contradict stored records: wingtel conflicts", arrival.name, conflict)
