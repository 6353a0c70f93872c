"""The pid files of a server that did not get to remove them.

PostgreSQL itself sees through a pid file whose process is gone. But a live process of the same account with a
reused pid, or a killed server that nobody has reaped (process 1 of a container often reaps nobody), counts as
a running server there, and blocks the start for good. Those are removed here, after a look at the process.
"""

import os
import subprocess
from pathlib import Path


def remove_foreign(pid_file: Path, *, data: Path) -> None:
    """Remove the pid file if it names a live process that is not a server on ``data``.

    Should its server's last children still run, PostgreSQL notices them by their shared memory, whose key it
    derives from the data folder, not from this file.
    """
    pid = _pid_in(pid_file)
    if pid is not None and _lives(pid) and not _serves(pid, data):
        pid_file.unlink(missing_ok=True)


def is_served(data: Path) -> bool:
    """Whether the process named in the data folder's pid file is a server on it."""
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
    # pg_ctl starts the server as `postgres -D <data>`. A process killed but not reaped has no arguments.
    return os.fsencode(data) in _arguments(pid)


def _arguments(pid: int) -> list[bytes]:
    if Path("/proc/self").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError):
            return []
    # macOS: one line, so a data folder with spaces in its path is put together again from what follows -D.
    said = subprocess.run(["/bin/ps", "-o", "args=", "-p", str(pid)], check=False, capture_output=True)
    return said.stdout.strip().split(b" -D ")
