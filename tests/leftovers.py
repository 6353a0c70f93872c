"""Cleaning up after a test run, even one that was killed and could not do so itself.

A second process waits for the end of the run, which closes the pipe between them. Then it ends the processes of the
run, such as servers, which it finds by their environment or command line. It also removes the folder of the run.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FOLDER = "WINGTEL_TEST_FOLDER"
_TIMEOUT_SECONDS = 10


def new_folder(prefix: str) -> Path:
    """Create a folder of this run, which servers under another account can access."""
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=os.environ.get(FOLDER)))
    folder.chmod(0o755)
    return folder


def clean_up_after_this_process(folder: Path) -> "subprocess.Popen[bytes]":
    """Start the process that cleans up. It does so when this process ends or closes its input."""
    os.environ[FOLDER] = str(folder)
    return subprocess.Popen([sys.executable, __file__, str(folder)], stdin=subprocess.PIPE, start_new_session=True)


def processes_of(folder: str) -> list[int]:
    """Return the other processes with the folder in their environment or command line, none without /proc."""
    return [
        int(process.name)
        for process in Path("/proc").glob("[0-9]*")
        if int(process.name) != os.getpid() and _refers_to(process, f"{FOLDER}={folder}".encode(), folder.encode())
    ]


def _refers_to(process: Path, variable: bytes, folder: bytes) -> bool:
    try:
        environment, command = (process / "environ").read_bytes(), (process / "cmdline").read_bytes()
    except OSError:  # it has ended, or belongs to another user
        return False
    return variable in environment.split(b"\0") or folder + b"/" in command


def _end(folder: str) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in processes_of(folder):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue
        deadline = time.monotonic() + _TIMEOUT_SECONDS
        while processes_of(folder) and time.monotonic() < deadline:
            time.sleep(0.05)


if __name__ == "__main__":
    sys.stdin.read()
    _end(sys.argv[1])
    shutil.rmtree(sys.argv[1], ignore_errors=True)
