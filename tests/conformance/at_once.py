"""Several sessions at once: in threads, and step by step in a given order."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from itertools import combinations
from typing import Any

import psycopg
from django.db import connection, connections, transaction

Step = Callable[[], Any]

_PAUSE_SECONDS = 0.003
"""The pause between two checks of whether a step waits, since constant checks would take the processor from it."""


def in_threads(*work: Callable[[], int]) -> list[int]:
    def run(task: Callable[[], int]) -> int:
        try:
            return task()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(work)) as pool:
        return list(pool.map(run, work))


class Session:
    """A separate session with a transaction, whose steps run one after another in a thread."""

    def __init__(self, monitor: psycopg.Connection[Any]) -> None:
        self.monitor = monitor
        self.thread = ThreadPoolExecutor(1)
        self.steps: list[Future[Any]] = []
        self.transaction = ExitStack()
        self.pid = self.thread.submit(self._pid).result()

    def _pid(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            (pid,) = cursor.fetchone()
        return int(pid)

    def begin(self) -> None:
        self.transaction.enter_context(transaction.atomic())

    def commit(self) -> None:
        self.transaction.close()

    def take(self, step: Step) -> None:
        """Run a step. Return when it is done, or has to wait for the other session."""
        self.steps.append(self.thread.submit(step))
        while wait(self.steps, timeout=_PAUSE_SECONDS).not_done:
            (waiting,) = self.monitor.execute("SELECT cardinality(pg_blocking_pids(%s)) > 0", [self.pid]).fetchone()
            if waiting:
                return

    def finish(self) -> None:
        for step in self.steps:
            step.result(timeout=60)
        self.thread.submit(connections.close_all).result()
        self.thread.shutdown()


Steps = Callable[[Session], list[Step]]


def walk(monitor: psycopg.Connection[Any], first: Steps, second: Steps, order: tuple[int, ...]) -> None:
    """Take the steps of two sessions in an order, given as the indexes of those that the first takes."""
    sessions = Session(monitor), Session(monitor)
    steps = [iter(first(sessions[0])), iter(second(sessions[1]))]
    count = len(first(sessions[0])) + len(second(sessions[1]))
    for index in range(count):
        which = 0 if index in order else 1
        sessions[which].take(next(steps[which]))
    for session in sessions:
        session.finish()


def orders(first: int, second: int) -> list[tuple[int, ...]]:
    """Return every order of the steps of two sessions, each as the indexes of the first one's steps."""
    return list(combinations(range(first + second), first))
