"""wrk against one address, and what it says."""

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
    """Requests a second, and how long 50 and 99 of a hundred took at most, in milliseconds."""

    requests: float
    p50: float
    p99: float


def require_wrk() -> None:
    """Leave with a word on how to get it."""
    if not shutil.which("wrk"):
        sys.exit("bench-api needs wrk: `apt-get install wrk` (Debian, Ubuntu), `brew install wrk`, `dnf install wrk`.")


def loaded(port: int, path: str, *, largest_id: int, seconds: int, header: str | None = None) -> Load:
    """Ask for `path` as fast as it is answered, with a random subscription instead of `{id}` each time."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", "-s", str(SCRIPT)]
    command += ["-H", header] if header else []
    command += [f"http://127.0.0.1:{port}", "--", path, str(largest_id)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        raise RuntimeError(f"{path}:\n{said}")
    return Load(
        requests=float(_found(r"Requests/sec:\s+([\d.]+)", said)),
        p50=_milliseconds(_found(r"^ +50%\s+(\S+)", said)),
        p99=_milliseconds(_found(r"^ +99%\s+(\S+)", said)),
    )


def _found(pattern: str, said: str) -> str:
    found = re.search(pattern, said, re.MULTILINE)
    if not found:
        raise RuntimeError(f"wrk said no {pattern}:\n{said}")
    return found[1]


def _milliseconds(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()  # type: ignore[union-attr] # wrk's own format
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]
