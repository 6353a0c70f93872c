"""Background work in its real processes, on the real Valkey: killed, restarted, cut off, ended."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from tests.embedded.observer import kill_valkey, until
from tests.sessions import new_connection
from wingtel.aggregates import strategies
from wingtel.config.watches import parse_watches
from wingtel.embedded import EmbeddedValkey
from wingtel.imports import profiles
from wingtel.imports.errors import FeedError
from wingtel.imports.generator import write_feed
from wingtel.imports.models import UsageImport
from wingtel.imports.sources import content_hash
from wingtel.ingest.inputs import UsageRecordInput
from wingtel.ingest.service import ingest_usage
from wingtel.lifecycle.models import Reconciliation
from wingtel.lifecycle.reconciliation import reconcile
from wingtel.monitoring.health import background_status, redis_status
from wingtel.subscriptions.models import Subscription
from wingtel.tasks import celery_tasks
from wingtel.tasks.models import TaskRun
from wingtel.usage.models import UsageDay, UsageType

from .conftest import StartWork, Work, children, lives

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="the processes are looked up in /proc"),
]


@pytest.fixture(autouse=True)
def incremental(transactional_db: None) -> None:
    strategies.use("incremental")


def use(day: date, number: int = 1) -> None:
    subscription = Subscription.objects.create(carrier="att").pk
    timestamp = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    result = ingest_usage(
        UsageRecordInput(UsageType.DATA, timestamp, subscription, 1, Decimal(1)) for _ in range(number)
    )
    assert result.rejected == ()


def pending() -> int:
    strategy = strategies.active()
    assert strategy
    return strategy.backlog().records


def stays_pending() -> bool:
    use(today(), 10)
    time.sleep(1)
    return pending() >= 10


def is_merged() -> bool:
    return pending() == 0


def today() -> date:
    return timezone.now().date()


def state_of(day: date) -> str:
    return UsageDay.objects.get(day=day).state


def test_days_live_their_lives_whatever_is_killed_and_nothing_is_left_when_it_is_told_to_end(
    start_work: StartWork,
) -> None:
    work = start_days_of_all_ages(start_work)
    end_the_session_of_a_merge()
    kill_schedule(work)
    kill_children_while_they_merge(work)
    kill_worker(work)
    assert reconcile(today(), today()).drift_keys == 0
    until(lambda: len(work.everything()) >= 6)
    processes = work.everything()
    assert work.end() == 128 + signal.SIGTERM
    assert [pid for pid in processes if lives(pid)] == []


END_MERGE = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE wait_event_type = 'Lock' AND query LIKE '%usage_merge_unless_locked%' AND datname = current_database()
"""
"""End the session of a merge while it waits, a tenth of a second at most, for a lock of another session."""


def start_days_of_all_ages(start_work: StartWork) -> Work:
    """Start background work, and see it merge, seal, reconcile and expire days, and make days ahead."""
    old, sealable, fresh = (today() - timedelta(days=back) for back in (60, 5, 0))
    for day in (old, sealable, fresh):
        use(day)
    work = start_work(WINGTEL_RETENTION_DAYS="45", WINGTEL_MAX_LATENESS_DAYS="45", WINGTEL_SEAL_AFTER_DAYS="3")
    until(is_merged)
    until(lambda: state_of(old) == "expired")
    until(Reconciliation.objects.exists)
    assert (state_of(sealable), state_of(fresh)) == ("sealed", "open")
    until(UsageDay.objects.filter(day__gt=today()).exists)  # made ahead
    assert not Reconciliation.objects.exclude(drift_keys=0).exists()
    until(lambda: background_status() == "ok")
    return work


def end_the_session_of_a_merge() -> None:
    with new_connection() as blocking, new_connection() as ending:
        ending.autocommit = True
        blocking.execute("LOCK wingtel_monthly_usage IN ACCESS EXCLUSIVE MODE")
        use(today())
        until(lambda: ending.execute(END_MERGE).fetchall())
        blocking.commit()
    until(lambda: TaskRun.objects.filter(task="wingtel.merge", failures__gt=0).exists())
    until(is_merged)
    assert "terminating connection" in TaskRun.objects.get(task="wingtel.merge").error


def kill_schedule(work: Work) -> None:
    os.kill(work.of(" beat "), signal.SIGKILL)
    use(today())
    until(is_merged, seconds=60)


def kill_children_while_they_merge(work: Work) -> None:
    with new_connection() as blocking:
        blocking.execute("LOCK wingtel_monthly_usage IN ACCESS EXCLUSIVE MODE")  # a merge that has begun waits for it
        use(today())
        killed = [pid for pid in work.everything() if pid not in work.children()]
        until(lambda: waits_for_lock("usage_merge_unless_locked"))
        for child in killed:
            os.kill(child, signal.SIGKILL)
        blocking.commit()
    until(is_merged, seconds=60)


def kill_worker(work: Work) -> None:
    killed = work.of("queues=default")
    os.kill(killed, signal.SIGKILL)
    use(today(), 100)
    until(is_merged, seconds=60)
    assert work.of("queues=default") != killed


def test_a_lost_valkey_holds_up_background_work_only_and_nothing_is_left_when_it_is_killed(
    start_work: StartWork, valkey: EmbeddedValkey, settings: Settings
) -> None:
    settings.REDIS_URL = valkey.url()
    work = start_work()
    assert redis_status() == "ok"
    before = work.children()
    kill_valkey(valkey)
    until(lambda: redis_status() == "unreachable")
    until(stays_pending)  # once the workers have done what they had in hand
    waiting = pending()
    use(today(), 10)  # ingested and counted all the same
    assert reconcile(today(), today()).drift_keys == 0
    assert pending() == waiting + 10
    valkey.start()
    until(is_merged, seconds=60)
    assert redis_status() == "ok"
    # A worker that acknowledges a task at the time of the loss is ended by kombu, and started again.
    until(lambda: len(work.children()) == len(before))

    processes = work.everything()
    work.process.kill()
    until(lambda: not any(map(lives, processes)), seconds=60)


def test_two_of_them_at_once_do_everything_once(start_work: StartWork, tmp_path: Path) -> None:
    write(tmp_path / "usage.csv")
    watch = {"WINGTEL_WATCH_FOLDERS": f"wingtel={tmp_path}", "WINGTEL_WATCH_CREATES_SUBSCRIPTIONS": "1"}
    for _ in range(2):
        start_work(**watch)
    until((tmp_path / "done" / "usage.csv").exists)
    until(is_merged)
    assert UsageImport.objects.count() == 1
    assert reconcile().drift_keys == 0


def test_a_long_import_goes_on_after_its_worker_was_killed_and_a_file_whose_import_was_killed_twice_fails(
    start_work: StartWork, tmp_path: Path
) -> None:
    long, own = tmp_path / "long", tmp_path / "own"
    long.mkdir()
    own.mkdir()
    feed = long / "usage.csv"
    write(feed)
    with long_import(feed) as release:
        work = start_work(
            WINGTEL_WATCH_FOLDERS=f"wingtel={long},wingtel={own} name=own complete=rename",
            WINGTEL_WATCH_CREATES_SUBSCRIPTIONS="1",
        )
        until(lambda: waits_for_lock("pg_advisory_lock"))
        use(today(), 50)
        until(is_merged)  # an import holds up no merge
        os.kill(work.of("queues=imports"), signal.SIGKILL)
        until(lambda: not waits_for_lock("pg_advisory_lock"))
        until(lambda: waits_for_lock("pg_advisory_lock"), seconds=60)
        assert feed.exists()
        release()
    until((long / "done" / "usage.csv").exists)
    imported = UsageImport.objects.get()
    assert (imported.status, imported.accepted) == ("completed", imported.lines)

    write(tmp_path / "a.csv", seed=2)
    write(tmp_path / "b.csv", seed=3)
    with long_import(tmp_path / "a.csv"):
        for name in ("a.csv", "b.csv"):
            (tmp_path / name).rename(own / name)
        kill_two_imports(work)
        problem = own / "failed" / "a.csv.error"
        until(lambda: problem.exists() and problem.read_text(), seconds=60)  # written after the file is moved
    assert problem.read_text().startswith("the import was ended 2 times by this file")
    until((own / "done" / "b.csv").exists)
    assert list(UsageImport.objects.values_list("status", flat=True)) == ["completed", "completed"]


def kill_two_imports(work: Work) -> None:
    """Kill the process that imports as soon as it waits, twice."""
    killed: set[int] = set()
    for _ in range(2):
        until(lambda: lock_waiters("pg_advisory_lock") - killed, seconds=60)  # noqa: B023 - called in the loop
        killed |= lock_waiters("pg_advisory_lock")
        for child in children(work.of("queues=imports")):
            os.kill(child, signal.SIGKILL)


def test_a_task_names_a_watch_and_takes_no_folder(tmp_path: Path, settings: Settings) -> None:
    settings.WINGTEL_WATCH_FOLDERS = parse_watches(f"wingtel={tmp_path} name=own complete=rename")
    settings.WINGTEL_WATCH_CREATES_SUBSCRIPTIONS = True
    write(tmp_path / "a.csv")
    with pytest.raises(FeedError, match=r"no watch is called '/.*'; those of WINGTEL_WATCH_FOLDERS are own"):
        celery_tasks.watch(str(tmp_path))
    assert celery_tasks.watch("own") == ["a.csv"]


def test_a_watch_is_scheduled_by_its_name(tmp_path: Path) -> None:
    printed = subprocess.run(
        [sys.executable, "-c", "from wingtel.settings import *; print(CELERY_BEAT_SCHEDULE['watch att-2']['args'])"],
        env=os.environ | {"WINGTEL_WATCH_FOLDERS": f"att={tmp_path},att={tmp_path / 'b'}"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert printed == "('att-2',)\n"


@contextmanager
def long_import(feed: Path) -> Iterator[Callable[[], None]]:
    """Let the import of a file wait, as for another one of the same file.

    Yield a function that lets it go on.
    """
    lock_name = f"{content_hash(feed)} {profiles.find('wingtel').digest}"
    with new_connection() as other:
        other.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [lock_name])
        other.commit()
        yield other.close


def waits_for_lock(words: str) -> bool:
    """Return True if a session waits for a lock in a statement with these words."""
    return bool(lock_waiters(words))


def lock_waiters(words: str) -> set[int]:
    """Return the sessions that wait for a lock in a statement with these words."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE %s
               AND datname = current_database() AND pid <> pg_backend_pid()""",
            [f"%{words}%"],
        )
        return {pid for (pid,) in cursor.fetchall()}


def write(path: Path, *, seed: int = 1) -> None:
    """Write a complete file of two days of usage of 20 subscriptions."""
    unfinished = path.with_suffix(".part")
    write_feed(unfinished, subscriptions=20, days=2, seed=seed, last_day=today())
    unfinished.rename(path)
