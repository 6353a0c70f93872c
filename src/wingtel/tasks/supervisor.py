"""A supervisor of several processes: they start together, one that ends is restarted, and they end together."""

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
"""Seconds between two checks of the processes."""

_MIN_PAUSE_SECONDS, _MAX_PAUSE_SECONDS = 1.0, 30.0  # seconds before a process that ended is started again
_STABLE_SECONDS = 60.0  # seconds: a process that ran so long has not failed to start
_PR_SET_PDEATHSIG = 1  # of prctl(2)


@dataclass
class Process:
    """A program that is to run all the time. `name` is used in messages when it ends."""

    name: str
    command: Sequence[str]
    running: "subprocess.Popen[bytes] | None" = None
    started_at: float = 0.0
    start_after: float = 0.0
    pause: float = field(default=_MIN_PAUSE_SECONDS)

    def start(self) -> None:
        """Start the program in a session of its own, so the terminal signals the supervisor only."""
        self.running = subprocess.Popen(  # noqa: S603 - our own programs
            self.command,
            start_new_session=True,
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 - two system calls only
        )
        self.started_at = time.monotonic()

    def poll(self) -> int | None:
        """Return its exit code, once, if it has ended since the last call."""
        if self.running is None or (code := self.running.poll()) is None:
            return None
        _kill_group(self.running.pid)  # children of a killed process would run beside its successor
        self.running = None
        run_seconds = time.monotonic() - self.started_at
        self.pause = _MIN_PAUSE_SECONDS if run_seconds > _STABLE_SECONDS else min(2 * self.pause, _MAX_PAUSE_SECONDS)
        self.start_after = time.monotonic() + self.pause
        return code


def supervise(processes: Sequence[Process], *, write: Callable[[str], None], grace: float) -> None:
    """Keep the processes running until this one is ended, by SystemExit or KeyboardInterrupt, which propagate.

    Each process is then sent SIGTERM, and killed if it has not within `grace` seconds. `write` prints a
    message.
    """
    try:
        while True:
            for process in processes:
                if (code := process.poll()) is not None:
                    write(f"{process.name} ended {_describe_exit(code)}; it is started again in {process.pause:.0f} s")
                if process.running is None and time.monotonic() >= process.start_after:
                    process.start()
            time.sleep(TICK)
    finally:
        _end([process.running for process in processes if process.running], grace)


def _end(running: "Sequence[subprocess.Popen[bytes]]", grace: float) -> None:
    for process in running:
        process.terminate()
    deadline = time.monotonic() + grace
    for process in running:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        _kill_group(process.pid)


def _kill_group(leader: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


def _describe_exit(code: int) -> str:
    return f"by {signal.Signals(-code).name}" if code < 0 else f"with code {code}"


def _end_with_parent() -> None:
    """Ask the kernel to end this process with the supervisor, since nothing else would."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
