"""The two servers, alike but for the application: the same number of processes, the same pool."""

import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

TIMEOUT_SECONDS = 60
OURS, PLAIN = "wingtel.wsgi:application", "benchmarks.api.plain_wsgi:application"


@dataclass(frozen=True)
class RunningServer:
    """A server: its port, and its parent process."""

    port: int
    pid: int

    def resident(self) -> float:
        """Return the resident memory, in megabytes, of the largest of its processes."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        pages = max(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in [*children, self.pid])
        return pages * resource.getpagesize() / 1e6


@contextmanager
def serve(application: str, workers: int) -> Iterator[RunningServer]:
    """Serve an application as `wingtel serve` does."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    command = [sys.executable, "-m", "wingtel", "serve", "--port", str(port), "--workers", str(workers)]
    if application != OURS:
        command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port)]
        command += ["--workers", str(workers), "--no-log", application]
    server = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=os.environ)
    try:
        _wait_for(port, server)
        yield RunningServer(port, server.pid)
    finally:
        server.terminate()
        server.wait()


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the server does not answer") from None
            time.sleep(0.1)
        else:
            return
