"""Leases of a server: every process that uses it holds a shared lock on one file for as long as it lives.

The locks are flock(2) locks. The kernel drops them with the process, however it ends. So a crash leaves nothing behind
that could block the next start, and no process has to trust a remembered pid.

A flock belongs to the open file, not to the process: a child made by fork shares its parent's lock. It could turn it
exclusive, or keep it after the parent is gone. So a forked child closes its copy at once; one that is to outlive its
parent calls ``start()`` itself. A child made by exec never has it (files close on exec).
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Referenced here too, so that a lease ends with drop() or with the process, not with the last other reference.
_leases: "set[Lease]" = set()


class Lease:
    """A lease of the server, for this process."""

    def __init__(self, lock_file: Path) -> None:
        """Take the lease. It waits briefly at most: the exclusive lock is taken only while start.lock is held."""
        self._lock = _open(lock_file)
        fcntl.flock(self._lock, fcntl.LOCK_SH)
        _leases.add(self)

    @property
    def held(self) -> bool:
        """False once dropped, and in a child forked since."""
        return self._lock >= 0

    def is_last(self) -> bool:
        """Return True if no other process has a lease.

        It is called on leaving, under start.lock: the answer False loses this lease.
        """
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
            _leases.discard(self)


@contextmanager
def exclusive(lock_file: Path) -> Iterator[None]:
    """Wait for the exclusive lock on a file, and keep it during the block."""
    lock = _open(lock_file)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        # Unlock it, not only close it: a child that another thread forked meanwhile has the file open too.
        fcntl.flock(lock, fcntl.LOCK_UN)
        os.close(lock)


def _open(lock_file: Path) -> int:
    return os.open(lock_file, os.O_RDWR | os.O_CREAT, 0o600)


def _forget_in_child() -> None:
    for lease in list(_leases):
        lease.forget()


os.register_at_fork(after_in_child=_forget_in_child)
