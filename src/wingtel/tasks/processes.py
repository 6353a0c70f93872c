"""The processes of background work, as commands."""

import sys

from django.conf import settings

from .supervisor import Process

# Tasks are sent as JSON, which does nothing by being read: running as root, as a container does, is no more risk here.
_AS_ROOT = "ignore:You're running the worker with superuser privileges"
_CELERY = [sys.executable, "-W", _AS_ROOT, "-m", "celery", "-A", "wingtel.celery", "--quiet"]


def workers() -> list[Process]:
    """A worker for each queue, so that work of one never waits for that of the other."""
    return [
        _worker("default", settings.WINGTEL_WORKERS),
        _worker("imports", settings.WINGTEL_IMPORT_WORKERS),
        _worker("deliveries", 1),
    ]


def schedule() -> Process:
    """What sends the tasks when they are due."""
    return Process("the schedule", [*_CELERY, "beat", "--pidfile=", f"--loglevel={settings.WINGTEL_LOG_LEVEL}"])


def _worker(queue: str, processes: int) -> Process:
    name = [f"--hostname={queue}@%h", f"--queues={queue}", f"--concurrency={processes}"]
    alone = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    command = [*_CELERY, "worker", *name, *alone, f"--loglevel={settings.WINGTEL_LOG_LEVEL}"]
    return Process(f"the worker of queue {queue}", command)
