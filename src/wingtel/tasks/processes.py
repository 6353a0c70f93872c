"""Processes of background work, as commands."""

import sys

from django.conf import settings

from .supervisor import Process

# Tasks are sent as JSON, which runs no code when it is read. So root, as in a container, is no more risk here.
_AS_ROOT = "ignore:You're running the worker with superuser privileges"
_CELERY = [sys.executable, "-W", _AS_ROOT, "-m", "celery", "-A", "wingtel.celery", "--quiet"]


def workers() -> list[Process]:
    """Return a worker for each queue, so that work of one never waits for that of another."""
    return [
        _worker("default", settings.WINGTEL_WORKERS),
        _worker("imports", settings.WINGTEL_IMPORT_WORKERS),
        _worker("deliveries", 1),
    ]


def schedule() -> Process:
    """Return the process that sends the tasks when they are due."""
    return Process("the schedule", [*_CELERY, "beat", "--pidfile=", f"--loglevel={settings.WINGTEL_LOG_LEVEL}"])


def _worker(queue: str, processes: int) -> Process:
    name = [f"--hostname={queue}@%h", f"--queues={queue}", f"--concurrency={processes}"]
    isolated = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    command = [*_CELERY, "worker", *name, *isolated, f"--loglevel={settings.WINGTEL_LOG_LEVEL}"]
    return Process(f"the worker of queue {queue}", command)
