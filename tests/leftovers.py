"""Ending whatever a test run started, once the run is over: also where it was killed, and could not do so itself.

A process beside the run waits for its end, which closes the pipe between them. Then it ends what belongs to the run by
its environment or by its command line, such as servers, and removes the folder of the run.
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
_PATIENCE_SECONDS = 10


def new_folder(prefix: str) -> Path:
    """Make a folder of this run, which servers that run under another account can reach."""
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=os.environ.get(FOLDER)))
    folder.chmod(0o755)
    return folder


def clean_up_after_this_process(folder: Path) -> "subprocess.Popen[bytes]":
    """Start the process beside this one; it ends once this one does, or closes its input."""
    os.environ[FOLDER] = str(folder)
    return subprocess.Popen([sys.executable, __file__, str(folder)], stdin=subprocess.PIPE, start_new_session=True)


def processes_of(folder: str) -> list[int]:
    """Return the other processes whose environment or command line names the folder; none where there is no /proc."""
    return [
        int(process.name)
        for process in Path("/proc").glob("[0-9]*")
        if int(process.name) != os.getpid() and _names(process, f"{FOLDER}={folder}".encode(), folder.encode())
    ]


def _names(process: Path, variable: bytes, folder: bytes) -> bool:
    try:
        environment, command = (process / "environ").read_bytes(), (process / "cmdline").read_bytes()
    except OSError:  # it has ended, or is another user's
        return False
    return variable in environment.split(b"\0") or folder + b"/" in command


def _end(folder: str) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in processes_of(folder):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while processes_of(folder) and time.monotonic() < deadline:
            time.sleep(0.05)


if __name__ == "__main__":
    sys.stdin.read()
    _end(sys.argv[1])
    shutil.rmtree(sys.argv[1], ignore_errors=True)
