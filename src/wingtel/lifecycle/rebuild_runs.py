"""Rebuild runs of whole years: day by day, several months at a time, resumable, while writers go on."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from itertools import groupby
from queue import SimpleQueue

from django.db import connection, connections, transaction
from django.utils import timezone

from wingtel import sql
from wingtel.aggregates import rebuild, strategies

from .models import RebuildRun

_SQL = sql.statements(__package__, "sql/rebuild_runs.sql")

Progress = Callable[[int, int], None]
"""A callback after each day, with the number of days done, and of all days."""


class RebuildRejectedError(ValueError):
    """A rebuild with nothing to do; the message says why."""


def rebuild_days(
    first: date | None = None,
    last: date | None = None,
    *,
    workers: int = 1,
    again: bool = False,
    progress: Progress = lambda done, total: None,
) -> RebuildRun:
    """Rebuild the aggregates of the business days `first` to `last`, or of all days, from their sources.

    Each day is one transaction, which adds what is missing in one snapshot. So writers never wait, and nothing they
    write is lost or counted twice. `workers` sessions rebuild a month each at a time. A call with the same ends goes on
    where an earlier one was interrupted, unless `again`. Expired days stay as they are.

    Raises RebuildRejectedError if the days are reversed, or the active strategy stores no aggregates.
    """
    if first and last and last < first:
        raise RebuildRejectedError(f"the last day, {last}, lies before the first, {first}")
    strategy = strategies.active()
    if strategy is None or not strategy.stores:
        raise RebuildRejectedError("the active strategy computes its answers from the raw records: nothing is stored")
    run = None if again else RebuildRun.objects.filter(first=first, last=last, finished_at=None).last()
    run = run or RebuildRun.objects.create(first=first, last=last)
    days = _days(first, last)
    remaining = sorted(set(days) - set(run.done))
    months = [list(of_month) for _, of_month in groupby(remaining, key=lambda day: day.replace(day=1))]
    done = len(days) - len(remaining)
    progress(done, len(days))
    finished = (_rebuild(run, day) for day in remaining) if workers == 1 else _by_workers(run, months, workers)
    for _ in finished:
        done += 1
        progress(done, len(days))
    if days:
        with transaction.atomic():
            rebuild.lock()
            rebuild.repair_months(days[0], days[-1])
    RebuildRun.objects.filter(pk=run.pk).update(finished_at=timezone.now())
    run.refresh_from_db()
    return run


def _days(first: date | None, last: date | None) -> list[date]:
    with connection.cursor() as cursor:
        cursor.execute(_SQL["days"], {"first": first, "last": last})
        return [day for (day,) in cursor.fetchall()]


def _by_workers(run: RebuildRun, months: list[list[date]], workers: int) -> Iterator[date]:
    """Yield each day when it is done."""
    finished: SimpleQueue[date | BaseException] = SimpleQueue()

    def work(month: list[date]) -> None:
        try:
            for day in month:
                finished.put(_rebuild(run, day))
        except BaseException as error:  # noqa: BLE001 - raised again where the results are read
            finished.put(error)
        finally:
            connections.close_all()  # back to the pool

    with ThreadPoolExecutor(workers, thread_name_prefix="rebuild") as pool:
        for month in months:
            pool.submit(work, month)
        for _ in range(sum(map(len, months))):
            item = finished.get()
            if isinstance(item, BaseException):
                pool.shutdown(cancel_futures=True)
                raise item
            yield item


def _rebuild(run: RebuildRun, day: date) -> date:
    with transaction.atomic(), connection.cursor() as cursor:
        rebuild.rebuild_day(day)
        cursor.execute(_SQL["done"], {"id": run.pk, "day": day})
    return day
