"""The one way to a PostgreSQL of our own: started by the first process that needs it, stopped by the last.

Every process that uses the server holds a share of ``holders.lock``. Starting and leaving both happen under
``start.lock``, so nobody can stop the server that another is about to use.
"""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self

from wingtel.embedded.account import server_account
from wingtel.embedded.cluster import Cluster, server_url
from wingtel.embedded.folders import make_folder, require_open, require_ours
from wingtel.embedded.holders import Hold, exclusive
from wingtel.embedded.programs import require_programs, server_programs
from wingtel.embedded.sockets import socket_folder

DATABASE = "wingtel"


class EmbeddedPostgres:
    """A PostgreSQL server whose data, log, socket and locks lie in one folder."""

    def __init__(
        self, folder: Path, *, bin_dir: Path | None = None, settings: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        """``bin_dir`` holds the programs of another PostgreSQL (15 to 18) than the one in the wheel.
        ``settings`` override those in configuration.py; a running server has them from its next start.
        """
        self.folder = folder.expanduser().resolve()
        self._bin_dir = bin_dir.absolute() if bin_dir else None  # programs are run from /
        self._settings = dict(settings)
        self._sockets = socket_folder(self.folder)
        self._cluster: Cluster | None = None
        self._hold: Hold | None = None

    def start(self) -> None:
        """Return once the server runs and has the database; join it if another process started it.

        May be called again. Raises EmbeddedServerError.
        """
        if self._hold and self._hold.held:
            return
        cluster = self._prepare()
        with exclusive(self.folder / "start.lock"):
            hold = Hold(self.folder / "holders.lock")
            try:
                cluster.create()
                cluster.start()
                cluster.create_database(DATABASE)
            except BaseException:
                hold.drop()
                raise
        self._cluster, self._hold = cluster, hold

    def url(self, database: str = DATABASE) -> str:
        """The URL of a database on this server, over its Unix socket, for psycopg and for dj-database-url."""
        return server_url(self._sockets, database)

    def release(self) -> None:
        """Leave the server; the last to leave stops it. Does nothing in a child forked since the start.

        Raises EmbeddedServerError when the server does not stop.
        """
        hold, cluster = self._hold, self._cluster
        self._hold = self._cluster = None
        if hold is None or cluster is None or not hold.held:
            return
        with exclusive(self.folder / "start.lock"):
            try:
                if hold.is_last():
                    cluster.stop()
            finally:
                hold.drop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def _prepare(self) -> Cluster:
        account = server_account()
        require_open(self.folder, account)
        make_folder(self.folder)
        require_ours(self.folder)
        programs = require_programs(self._bin_dir, account) if self._bin_dir else server_programs(account)
        return Cluster(
            folder=self.folder,
            programs=programs,
            account=account,
            sockets=self._sockets,
            settings=self._settings,
        )
