"""wrk against one address, and its results."""

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

SCRIPT = Path(__file__).with_name("ids.lua")
CONNECTIONS = 8


@dataclass(frozen=True)
class Load:
    """Requests a second, and the median and the 99th percentile of response times, in milliseconds."""

    requests: float
    p50: float
    p99: float


def require_wrk() -> None:
    """Exit with a note on how to install wrk, unless it is installed."""
    if not shutil.which("wrk"):
        sys.exit("bench-api needs wrk: `apt-get install wrk` (Debian, Ubuntu), `brew install wrk`, `dnf install wrk`.")


def measure_load(port: int, path: str, *, largest_id: int, seconds: int, header: str | None = None) -> Load:
    """Request `path` as fast as it is answered, and return the load.

    Each request has a random subscription instead of `{id}`.
    """
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", "-s", str(SCRIPT)]
    command += ["-H", header] if header else []
    command += [f"http://127.0.0.1:{port}", "--", path, str(largest_id)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in output or "Socket errors" in output:
        raise RuntimeError(f"{path}:\n{output}")
    return Load(
        requests=float(_search(r"Requests/sec:\s+([\d.]+)", output)),
        p50=_milliseconds(_search(r"^ +50%\s+(\S+)", output)),
        p99=_milliseconds(_search(r"^ +99%\s+(\S+)", output)),
    )


def _search(pattern: str, output: str) -> str:
    match = re.search(pattern, output, re.MULTILINE)
    if not match:
        raise RuntimeError(f"wrk said no {pattern}:\n{output}")
    return match[1]


def _milliseconds(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()  # type: ignore[union-attr] # wrk's own format
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]
