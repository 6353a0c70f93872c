"""Several processes run as one: they begin together, one that ends is started again, and they end together."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

TICK = 0.2
"""Seconds between two looks at the processes."""

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0  # seconds before a process that ended is started again
_STABLE = 60.0  # seconds after which a process that ends has not failed to start
_PR_SET_PDEATHSIG = 1  # of prctl(2)


@dataclass
class Process:
    """A program that is to run all the time. `name` is what it is called when it ends."""

    name: str
    command: Sequence[str]
    running: "subprocess.Popen[bytes] | None" = None
    started_at: float = 0.0
    start_after: float = 0.0
    pause: float = field(default=_FIRST_PAUSE)

    def start(self) -> None:
        """In a session of its own: what is typed at the terminal is for whoever supervises it."""
        self.running = subprocess.Popen(  # noqa: S603 - our own programs
            self.command,
            start_new_session=True,
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 - two system calls only
        )
        self.started_at = time.monotonic()

    def ended(self) -> int | None:
        """Its exit code, once, when it has ended since the last look."""
        if self.running is None or (code := self.running.poll()) is None:
            return None
        _kill_group(self.running.pid)  # what a killed one leaves behind would go on beside its successor
        self.running = None
        lived = time.monotonic() - self.started_at
        self.pause = _FIRST_PAUSE if lived > _STABLE else min(2 * self.pause, _LONGEST_PAUSE)
        self.start_after = time.monotonic() + self.pause
        return code


def supervise(processes: Sequence[Process], *, say: Callable[[str], None], grace: float) -> None:
    """Keep the processes running until this one is told to end, by SystemExit or KeyboardInterrupt, which go on.

    Each is then told to end by SIGTERM, and killed when it has not within `grace` seconds.
    """
    try:
        while True:
            for process in processes:
                if (code := process.ended()) is not None:
                    say(f"{process.name} ended {_how(code)}; it is started again in {process.pause:.0f} s")
                if process.running is None and time.monotonic() >= process.start_after:
                    process.start()
            time.sleep(TICK)
    finally:
        _end([process.running for process in processes if process.running], grace)


def _end(running: "Sequence[subprocess.Popen[bytes]]", grace: float) -> None:
    for process in running:
        process.terminate()
    give_up = time.monotonic() + grace
    for process in running:
        try:
            process.wait(max(0.0, give_up - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        _kill_group(process.pid)


def _kill_group(leader: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


def _how(code: int) -> str:
    return f"by {signal.Signals(-code).name}" if code < 0 else f"with code {code}"


def _end_with_parent() -> None:
    """Be told to end when the supervisor is gone, however it went: nobody would end this process otherwise."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
