"""An embedded PostgreSQL: started by the first process that needs it, stopped by the last."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from wingtel.embedded.account import server_account
from wingtel.embedded.cluster import Cluster, server_url
from wingtel.embedded.folders import make_folder, require_open, require_ours
from wingtel.embedded.programs import require_programs, server_programs
from wingtel.embedded.shared_server import SharedServer
from wingtel.embedded.sockets import socket_folder

DATABASE = "wingtel"


class EmbeddedPostgres(SharedServer):
    """A PostgreSQL server whose data, log, socket and locks lie in one folder."""

    _cluster: Cluster

    def __init__(
        self, folder: Path, *, bin_dir: Path | None = None, settings: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        """Take the folder of the server, and options.

        ``bin_dir`` holds the programs of another PostgreSQL (15 to 18) than the one in the wheel. ``settings`` override
        those in configuration.py; a running server has them from its next start.
        """
        super().__init__(folder)
        self._bin_dir = bin_dir.absolute() if bin_dir else None  # programs are run from /
        self._settings = dict(settings)
        self._sockets = socket_folder(self.folder)

    def start(self) -> None:
        """Return once the server runs and has the database; join it if another process started it.

        A second call does nothing. Raises EmbeddedServerError.
        """
        if not self.is_held:
            super().start()

    def url(self, database: str = DATABASE) -> str:
        """Return the URL of a database, over the Unix socket, for psycopg and for dj-database-url."""
        return server_url(self._sockets, database)

    def _prepare(self) -> None:
        account = server_account()
        require_open(self.folder, account)
        make_folder(self.folder)
        require_ours(self.folder)
        programs = require_programs(self._bin_dir, account) if self._bin_dir else server_programs(account)
        self._cluster = Cluster(
            folder=self.folder,
            programs=programs,
            account=account,
            sockets=self._sockets,
            settings=self._settings,
        )

    def _ensure_runs(self) -> None:
        self._cluster.create()
        self._cluster.start()
        self._cluster.create_database(DATABASE)

    def _stop(self) -> None:
        self._cluster.stop()
