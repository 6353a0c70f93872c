"""Exports beside `COPY (the same query) TO STDOUT` by psql: speed and memory."""

import os
import re
import subprocess
import sys
import tempfile
import time
from http.client import HTTPConnection
from pathlib import Path

from django.db import connection

from benchmarks.api.filling import APRIL
from benchmarks.api.servers import RunningServer
from wingtel.aggregates.queries import COMPLETE_ANSWERS
from wingtel.embedded.programs import wheel_programs

FORMATS = ("csv", "ndjson", "parquet")
LAST = APRIL.replace(day=30)
READ_AT_ONCE = 1 << 20
PEAK = "import resource, sys; from wingtel.cli.main import main; main(); print(resource.getrusage(0).ru_maxrss // 1000)"


def by_psql() -> float:
    """Return the seconds that psql takes to copy the answer out."""
    parameters = {
        "with_months": True,
        "first_month": APRIL,
        "last_month": APRIL,
        "usage_types": ["data", "voice"],
        "data_unit": "kilobytes",
        "voice_unit": "seconds",
        "for_spreadsheets": False,
    }
    absent = ("subscription_ids", "carrier", "plan", "edge_first", "edge_last", "other_edge_first", "other_edge_last")
    query = re.sub(r"^--.*\n", "", COMPLETE_ANSWERS["all_metrics"], flags=re.MULTILINE)
    with connection.cursor() as cursor:
        query = cursor.mogrify(query, parameters | dict.fromkeys(absent))
    command = [wheel_programs() / "psql", os.environ["DATABASE_URL"], "-c", f"COPY ({query}) TO STDOUT (FORMAT csv)"]
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def over_http(server: RunningServer, form: str, header: str | None) -> tuple[float, str]:
    """Return the seconds until the last byte, and a note on size, first byte and memory."""
    http = HTTPConnection("127.0.0.1", server.port)
    before, size = server.resident(), 0
    started = time.perf_counter()
    http.request("GET", f"/api/v1/usage/metrics/?from={APRIL}&to={LAST}&format={form}", headers=_as_dict(header))
    response = http.getresponse()
    if response.status != 200:
        raise RuntimeError(response.read())
    first = time.perf_counter() - started
    while read := len(response.read(READ_AT_ONCE)):
        size += read
    taken = time.perf_counter() - started
    memory = f"resident {before:.0f} to {server.resident():.0f} MB"
    return taken, f"{size / 1e6:.0f} MB, the first byte after {first:.1f} s, {memory}"


def by_command(form: str) -> tuple[float, str]:
    """Return the seconds that `wingtel metrics` takes to write a file, and a note on size and peak memory.

    The start of the command is included.
    """
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        arguments = ["metrics", "--from", str(APRIL), "--to", str(LAST), "--format", form, "--output", f"{folder}/it"]
        started = time.perf_counter()
        peak = subprocess.run(
            [sys.executable, "-c", PEAK, *arguments], check=True, capture_output=True, text=True
        ).stdout
        taken = time.perf_counter() - started
        return taken, f"{Path(folder, 'it').stat().st_size / 1e6:.0f} MB, at most {peak.strip()} MB of memory"


def _as_dict(header: str | None) -> dict[str, str]:
    name, _, value = (header or "").partition(":")
    return {name: value.strip()} if name else {}
