"""Who uses the server: every process holds a shared lock on one file for as long as it lives.

The locks are flock(2) locks. The kernel drops them with the process, however it ends, so a crash leaves
nothing behind that could block the next start, and nobody has to trust a remembered pid.

A flock belongs to the open file, not to the process: a child made by fork shares its parent's lock, and could
turn it exclusive, or keep it after the parent is gone. So a forked child closes its copy at once; one that is
to outlive its parent calls ``start()`` itself. A child made by exec never has it (files close on exec).
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Kept here as well, so that a share ends with drop() or with the process, not with the last reference to it.
_holds: "set[Hold]" = set()


class Hold:
    """This process's share in the server."""

    def __init__(self, lock_file: Path) -> None:
        """Take a share. Never waits long: the exclusive lock is taken only while start.lock is held."""
        self._lock = _open(lock_file)
        fcntl.flock(self._lock, fcntl.LOCK_SH)
        _holds.add(self)

    @property
    def held(self) -> bool:
        """False once dropped, and in a child forked since."""
        return self._lock >= 0

    def is_last(self) -> bool:
        """Whether nobody else has a share. Asked on leaving, under start.lock: a "no" loses the share."""
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def drop(self) -> None:
        fcntl.flock(self._lock, fcntl.LOCK_UN)
        self.forget()

    def forget(self) -> None:
        """Close our file without unlocking it, since the lock may be shared with the parent."""
        if self.held:
            os.close(self._lock)
            self._lock = -1
            _holds.discard(self)


@contextmanager
def exclusive(lock_file: Path) -> Iterator[None]:
    """Wait for, and hold, the only lock on a file."""
    lock = _open(lock_file)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        # Unlocked, not just closed: a child forked meanwhile by another thread has the file open as well.
        fcntl.flock(lock, fcntl.LOCK_UN)
        os.close(lock)


def _open(lock_file: Path) -> int:
    return os.open(lock_file, os.O_RDWR | os.O_CREAT, 0o600)


def _forget_in_child() -> None:
    for hold in list(_holds):
        hold.forget()


os.register_at_fork(after_in_child=_forget_in_child)
