"""A server that several processes use: started by the first that needs it, stopped by the last.

Every process that uses it has a lease: a shared lock on ``holders.lock``. Starting and leaving both happen under
``start.lock``, so no process can stop the server that another is about to use.
"""

from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import Self

from wingtel.embedded.leases import Lease, exclusive


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
