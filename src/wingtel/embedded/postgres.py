"""An embedded PostgreSQL: started by the first process that needs it, stopped by the last.

Its cluster is created with initdb, started and stopped with pg_ctl. Pid files that a killed server left behind are
removed before a start. PostgreSQL itself sees through a pid file whose process is gone. But in two cases it takes
another process for a running server, and the start is blocked for good. One is a live process of the same account with
a reused pid. The other is a killed server that is not reaped (process 1 of a container often reaps none).
"""

import os
import re
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.pq import PGconn, Ping

from wingtel.embedded.account import EmbeddedServerError, ServerAccount, server_account
from wingtel.embedded.configuration import PG_HBA, ROLE, pg_ident, wingtel_conf
from wingtel.embedded.folders import (
    CHOOSE_ANOTHER,
    PORT,
    SOCKET,
    make_folder,
    make_server_folder,
    make_socket_folder,
    remove_leftovers,
    require_open,
    require_ours,
    socket_folder,
)
from wingtel.embedded.programs import require_programs, server_programs
from wingtel.embedded.shared_server import SharedServer

# Recovery after a crash replays up to max_wal_size, which takes minutes on a slow disk.
_TIMEOUT_SECONDS = 600
_PAUSE_SECONDS = 0.05

# The log of a start while the last processes of a killed server, or a server that just starts, are still there.
_PREDECESSOR = re.compile(r'pre-existing shared memory block|lock file ".*" already exists')

_MAX_LOG_BYTES = 10_000_000


@dataclass(frozen=True)
class Cluster:
    """Data, the log and the programs of one server, and the account that runs it."""

    folder: Path
    programs: Path
    account: ServerAccount
    sockets: Path
    settings: Mapping[str, str]

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    def create(self) -> None:
        """Run initdb, unless the data folder exists.

        It works in data.new.*, so a data folder is always complete.

        Raises EmbeddedServerError when initdb fails, or when the data belong to another account.
        """
        if self.data.exists():
            self._require_own_data()
            return
        remove_leftovers(self.folder, "data.new")
        # Use each name once: the initdb of a killed process works on, and must not meet this one.
        new = make_server_folder(self.folder, "data.new", self.account)
        self._initdb(new)
        with (new / "postgresql.conf").open("a", encoding="utf-8") as conf:
            conf.write("\ninclude_if_exists = 'wingtel.conf'\n")
        new.rename(self.data)

    def start(self) -> None:
        """Start the server unless it answers, and return when it does.

        It recovers from a crash by itself. Raises EmbeddedServerError with the end of the server's log.
        """
        deadline = time.monotonic() + _TIMEOUT_SECONDS
        while (answer := self._ping()) != Ping.OK:
            if time.monotonic() > deadline:
                raise self._error(f"PostgreSQL in {self.folder} does not answer after {_TIMEOUT_SECONDS} seconds.")
            if answer == Ping.NO_RESPONSE and self._launch():
                continue
            time.sleep(_PAUSE_SECONDS)

    def stop(self) -> None:
        """Stop the server and end its sessions. Do nothing if it does not run.

        Raises EmbeddedServerError when it does not end.
        """
        if not _is_served(self.data):
            return  # it was killed: its pid file may name another process by now, which must not get a signal
        stopped = self._pg_ctl("stop", "--mode=fast")
        if stopped.returncode != 0 and _is_served(self.data):
            raise self._error(f"PostgreSQL in {self.folder} did not stop: {stopped.stderr.strip()}")
        with suppress(OSError):
            self.sockets.rmdir()  # it may lie in /tmp; the next start makes it again

    def create_database(self, name: str) -> None:
        """Create a database unless it exists. Raises EmbeddedServerError if the server rejects the connection."""
        try:
            with psycopg.connect(self._conninfo(), autocommit=True) as connection:
                exists = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
                if exists is None:
                    connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        except psycopg.OperationalError as error:
            raise self._error(f"PostgreSQL in {self.folder} rejected the connection: {error}") from error

    def _require_own_data(self) -> None:
        owner = self.data.stat().st_uid
        if owner != self.account.uid:
            raise EmbeddedServerError(
                f"{self.data} belongs to user id {owner}; the server would run as {self.account.name!r}.",
                hint=f"Run as the owner. {CHOOSE_ANOTHER}",
            )

    def _initdb(self, data: Path) -> None:
        options = [
            f"--username={ROLE}",
            "--encoding=UTF8",
            "--locale=C",
            "--auth=peer",
            "--no-instructions",
            f"--pgdata={data}",
        ]
        if self.settings.get("fsync") == "off":
            options.append("--no-sync")
        initdb = self.account.run([self.programs / "initdb", *options])
        if initdb.returncode != 0:
            raise EmbeddedServerError(
                f"PostgreSQL could not make its data folder in {self.folder}.",
                log=initdb.stderr,
                hint=CHOOSE_ANOTHER,
            )

    def _launch(self) -> bool:
        """Try once to start the server.

        Return False if the predecessor is still there: it will soon be gone, or soon answer.
        """
        self._prepare_start()
        begin = self.log.stat().st_size
        started = self._pg_ctl("start", f"--log={self.log}")
        if started.returncode == 0:
            return True
        log = self.log.read_bytes()[begin:].decode(errors="replace")
        if _PREDECESSOR.search(log):
            return False
        raise self._error(f"PostgreSQL in {self.folder} did not start: {started.stderr.strip()}")

    def _prepare_start(self) -> None:
        make_socket_folder(self.sockets, self.account)
        for pid_file in (self.data / "postmaster.pid", self.sockets / f"{SOCKET}.lock"):
            _remove_foreign_pid_file(pid_file, data=self.data)
        self._write("wingtel.conf", wingtel_conf(self.sockets, self.settings))
        self._write("pg_hba.conf", PG_HBA)
        self._write("pg_ident.conf", pg_ident(self.account))
        if self.log.exists() and self.log.stat().st_size > _MAX_LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        self.log.touch(mode=0o600)
        self._chown(self.log)

    def _write(self, name: str, text: str) -> None:
        path = self.data / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            return
        new = path.with_suffix(".new")
        new.write_text(text, encoding="utf-8")
        self._chown(new)
        new.replace(path)

    def _chown(self, path: Path) -> None:
        if self.account.differs_from_ours:
            os.chown(path, self.account.uid, self.account.gid)

    def _pg_ctl(self, action: str, *options: str) -> subprocess.CompletedProcess[str]:
        fixed = [f"--pgdata={self.data}", "--wait", f"--timeout={_TIMEOUT_SECONDS}", "--silent"]
        return self.account.run([self.programs / "pg_ctl", action, *fixed, *options])

    def _ping(self) -> Ping:
        """Return OK if the server accepts connections, REJECT while it starts or stops, NO_RESPONSE if it is gone."""
        return Ping(PGconn.ping(make_conninfo(self._conninfo(), connect_timeout=5).encode()))

    def _conninfo(self) -> str:
        return server_url(self.sockets, "postgres")

    def _error(self, problem: str) -> EmbeddedServerError:
        log = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        return EmbeddedServerError(
            problem,
            log="\n".join(log.splitlines()[-15:]),
            hint=f"The whole log is {self.log}. {CHOOSE_ANOTHER}",
        )


def server_url(sockets: Path, database: str) -> str:
    """Return the URL of a database, with the port, since PGPORT would else decide the socket's name."""
    host = quote(str(sockets), safe="")
    return f"postgresql://{ROLE}@:{PORT}/{quote(database, safe='')}?host={host}"


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


def _remove_foreign_pid_file(pid_file: Path, *, data: Path) -> None:
    """Remove the pid file if it names a live process that is not a server on ``data``.

    If the last children of its server still run, PostgreSQL notices them by their shared memory. It derives the key of
    that from the data folder, not from this file.
    """
    pid = _pid_in(pid_file)
    if pid is not None and _lives(pid) and not _serves(pid, data):
        pid_file.unlink(missing_ok=True)


def _is_served(data: Path) -> bool:
    """Return True if the process named in the data folder's pid file is a server on it."""
    pid = _pid_in(data / "postmaster.pid")
    return pid is not None and _serves(pid, data)


def _pid_in(pid_file: Path) -> int | None:
    try:
        return abs(int(pid_file.read_text(encoding="utf-8").split("\n", 1)[0]))
    except (FileNotFoundError, ValueError):
        return None


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _serves(pid: int, data: Path) -> bool:
    # pg_ctl starts the server as `postgres -D <data>`. A killed process that is not reaped has no arguments.
    return os.fsencode(data) in _arguments(pid)


def _arguments(pid: int) -> list[bytes]:
    if Path("/proc/self").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError):
            return []
    # On macOS the arguments are one line: split it at -D, since the data folder may have spaces in its path.
    ps = subprocess.run(["/bin/ps", "-o", "args=", "-p", str(pid)], check=False, capture_output=True)
    return ps.stdout.strip().split(b" -D ")
