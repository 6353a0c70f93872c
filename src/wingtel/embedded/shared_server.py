"""A server that several processes use: started by the first that needs it, stopped by the last.

Every process that uses it holds a share of ``holders.lock``. Starting and leaving both happen under ``start.lock``, so
nobody can stop the server that another is about to use.
"""

from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import Self

from wingtel.embedded.leases import Hold, exclusive


class SharedServer(ABC):
    """A server whose files and locks lie in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.expanduser().resolve()
        self._hold: Hold | None = None

    @abstractmethod
    def _prepare(self) -> None:
        """Make the folder, and whatever else needs no lock. Raises EmbeddedServerError."""

    @abstractmethod
    def _ensure_runs(self) -> None:
        """Return once the server runs, which it may already. Nobody else starts or stops it meanwhile."""

    @abstractmethod
    def _stop(self) -> None:
        """Stop the server, which nobody else uses."""

    @property
    def is_held(self) -> bool:
        """Whether this process uses the server; a child forked since does not."""
        return self._hold is not None and self._hold.held

    def start(self) -> None:
        """Return once the server runs; join it if another process started it. May be called again.

        Raises EmbeddedServerError.
        """
        self._prepare()
        with exclusive(self.folder / "start.lock"):
            hold = self._hold if self._hold and self._hold.held else Hold(self.folder / "holders.lock")
            try:
                self._ensure_runs()
            except BaseException:
                if hold is not self._hold:
                    hold.drop()
                raise
            self._hold = hold

    def release(self) -> None:
        """Leave the server; the last to leave stops it. Does nothing in a child forked since the start.

        Raises EmbeddedServerError when the server does not stop.
        """
        hold, self._hold = self._hold, None
        if hold is None or not hold.held:
            return
        with exclusive(self.folder / "start.lock"):
            try:
                if hold.is_last():
                    self._stop()
            finally:
                hold.drop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
