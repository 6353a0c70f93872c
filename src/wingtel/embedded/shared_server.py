"""A server that several processes use: started by the first that needs it, stopped by the last.

Every process that uses it has a lease: a shared lock on ``holders.lock``. Starting and leaving both happen under
``start.lock``, so no process can stop the server that another is about to use.

The locks are flock(2) locks. The kernel drops them with the process, however it ends. So a crash leaves nothing behind
that could block the next start, and no process has to trust a remembered pid.

A flock belongs to the open file, not to the process: a child made by fork shares its parent's lock. It could turn it
exclusive, or keep it after the parent is gone. So a forked child closes its copy at once; one that is to outlive its
parent calls ``start()`` itself. A child made by exec never has it (files close on exec).
"""

import fcntl
import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

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


class SharedServer(ABC):
    """A server whose files and locks lie in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.expanduser().resolve()
        self._lease: Lease | None = None

    @abstractmethod
    def _prepare(self) -> None:
        """Make the folder, and what else needs no lock. Raises EmbeddedServerError."""

    @abstractmethod
    def _ensure_runs(self) -> None:
        """Return once the server runs; it may run already.

        No other process starts or stops it meanwhile.
        """

    @abstractmethod
    def _stop(self) -> None:
        """Stop the server, which no other process uses."""

    @property
    def is_held(self) -> bool:
        """True if this process uses the server; a child forked since does not."""
        return self._lease is not None and self._lease.held

    def start(self) -> None:
        """Return once the server runs; join it if another process started it.

        May be called again. Raises EmbeddedServerError.
        """
        self._prepare()
        with exclusive(self.folder / "start.lock"):
            lease = self._lease if self._lease and self._lease.held else Lease(self.folder / "holders.lock")
            try:
                self._ensure_runs()
            except BaseException:
                if lease is not self._lease:
                    lease.drop()
                raise
            self._lease = lease

    def release(self) -> None:
        """Leave the server; the last to leave stops it.

        In a child forked since the start it does nothing. Raises EmbeddedServerError when the server does not stop.
        """
        lease, self._lease = self._lease, None
        if lease is None or not lease.held:
            return
        with exclusive(self.folder / "start.lock"):
            try:
                if lease.is_last():
                    self._stop()
            finally:
                lease.drop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
