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
"""Between two looks at whether a step waits: who looks all the time takes the processor from it."""


def in_threads(*work: Callable[[], int]) -> list[int]:
    def run(task: Callable[[], int]) -> int:
        try:
            return task()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(work)) as pool:
        return list(pool.map(run, work))


class Session:
    """A session of its own with a transaction, whose steps run one after another in a thread."""

    def __init__(self, watching: psycopg.Connection[Any]) -> None:
        self.watching = watching
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
        """Run a step, and return when it is done or has to wait for the other session."""
        self.steps.append(self.thread.submit(step))
        while wait(self.steps, timeout=_PAUSE_SECONDS).not_done:
            (waiting,) = self.watching.execute("SELECT cardinality(pg_blocking_pids(%s)) > 0", [self.pid]).fetchone()
            if waiting:
                return

    def finish(self) -> None:
        for step in self.steps:
            step.result(timeout=60)
        self.thread.submit(connections.close_all).result()
        self.thread.shutdown()


Steps = Callable[[Session], list[Step]]


def walk(watching: psycopg.Connection[Any], first: Steps, second: Steps, order: tuple[int, ...]) -> None:
    """Take the steps of two sessions in an order: the indexes of those that the first takes."""
    sessions = Session(watching), Session(watching)
    steps = [iter(first(sessions[0])), iter(second(sessions[1]))]
    count = len(first(sessions[0])) + len(second(sessions[1]))
    for index in range(count):
        which = 0 if index in order else 1
        sessions[which].take(next(steps[which]))
    for session in sessions:
        session.finish()


def orders(first: int, second: int) -> list[tuple[int, ...]]:
    """Every order of so many steps of two sessions, as the indexes of the first one's."""
    return list(combinations(range(first + second), first))
