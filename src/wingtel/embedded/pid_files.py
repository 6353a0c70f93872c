"""The pid files that a killed server left behind.

PostgreSQL itself sees through a pid file whose process is gone. But in two cases it takes another process for a running
server, and the start is blocked for good. One is a live process of the same account with a reused pid. The other is a
killed server that is not reaped (process 1 of a container often reaps none). Those files are removed here, after a look
at the process.
"""

import os
import subprocess
from pathlib import Path


def remove_foreign(pid_file: Path, *, data: Path) -> None:
    """Remove the pid file if it names a live process that is not a server on ``data``.

    If the last children of its server still run, PostgreSQL notices them by their shared memory. It derives the key of
    that from the data folder, not from this file.
    """
    pid = _pid_in(pid_file)
    if pid is not None and _lives(pid) and not _serves(pid, data):
        pid_file.unlink(missing_ok=True)


def is_served(data: Path) -> bool:
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
