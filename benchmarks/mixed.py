"""Both answers while records come in over HTTP, with no worker running: `python -m benchmarks.mixed`.

One client posts batches of 1 000 at a steady rate. Another requests *metrics* of one subscription and the first page of
*exceeding* in turn. Client, server and database are on this machine. The results are response times under each
strategy, and the records ingested a second.
"""

import argparse
import json
import multiprocessing
import os
import random
import statistics
import time
from http.client import HTTPConnection
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event

from benchmarks.http import BATCH, PATH, as_json, batches, new_key, prepare, serving
from benchmarks.server import benchmark_server
from benchmarks.strategies.feed import SUBSCRIPTIONS

MONTH = "from=2026-03-01&to=2026-03-31"
PAUSE_SECONDS = 0.02  # between two requests

parser = argparse.ArgumentParser(prog="python -m benchmarks.mixed", description=__doc__)
parser.add_argument("--rate", type=int, default=20_000, help="records a second")
parser.add_argument("--seconds", type=int, default=15)
parser.add_argument("--strategies", nargs="+", default=["triggers", "incremental"])


def main() -> None:
    """Measure and print."""
    options = parser.parse_args()
    with benchmark_server(), serving() as port:
        from benchmarks.report import Row, print_table  # noqa: PLC0415 - needs Django set up
        from benchmarks.strategies.state import assert_exact, start  # noqa: PLC0415 - as above

        prepare()
        key = new_key()
        lines = []
        for name in options.strategies:
            start(name)
            records, taken = measure(port, key, options)
            assert_exact()
            for answer, times in taken.items():
                middle, ninety_nine = statistics.median(times), statistics.quantiles(times, n=100)[98]
                cells = (f"{records:,.0f}/s", f"{middle:.1f} ms", f"{ninety_nine:.1f} ms", f"{max(times):.0f} ms")
                lines.append(Row(f"{answer} under {name}", *cells))
        title = f"Answers while {options.rate:,} records a second are posted, no worker"
        print_table(title, ("answer", "records", "median", "99th percentile", "slowest"), lines)


def measure(port: int, key: str, options: argparse.Namespace) -> tuple[float, dict[str, list[float]]]:
    """Return the records ingested a second, and the milliseconds of each answer."""
    spawning = multiprocessing.get_context("spawn")
    stop, counted = spawning.Event(), spawning.Value("q", 0)
    writer = spawning.Process(target=post, args=(port, key, options.rate, options.seconds, stop, counted))
    writer.start()
    while not counted.value:
        time.sleep(0.05)
    http = HTTPConnection("127.0.0.1", port)
    taken: dict[str, list[float]] = {"metrics of one": [], "exceeding, first page": []}
    started, before = time.perf_counter(), counted.value
    while time.perf_counter() - started < options.seconds:
        one = random.randint(1, SUBSCRIPTIONS)
        ask(http, key, f"/api/v1/usage/metrics/?{MONTH}&subscription_id={one}", taken["metrics of one"])
        ask(http, key, f"/api/v1/usage/exceeding/?{MONTH}&price_limit=25.00", taken["exceeding, first page"])
        time.sleep(PAUSE_SECONDS)
    records = (counted.value - before) / (time.perf_counter() - started)
    stop.set()
    writer.join()
    return records, taken


def ask(http: HTTPConnection, key: str, path: str, times: list[float]) -> None:
    """Send a request, and append its milliseconds."""
    started = time.perf_counter()
    http.request("GET", path, headers={"Authorization": f"Bearer {key}"})
    response = http.getresponse()
    body = response.read()
    times.append((time.perf_counter() - started) * 1000)
    if response.status != 200:
        raise RuntimeError(f"{response.status}: {body!r}")


def post(port: int, key: str, rate: int, seconds: int, stop: Event, counted: "Synchronized[int]") -> None:
    """Post batches at a steady rate until stopped, and count their records."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
    prefix = f"{os.getpid()}-"
    own_batches = batches(0, rate * (seconds + 5))
    bodies = [
        json.dumps(
            [as_json(row) | {"record_id": f"{prefix}{row[0]}", "price": str(100 * row[3])} for row in batch]
        ).encode()
        for batch in own_batches
    ]
    http = HTTPConnection("127.0.0.1", port)
    due = time.perf_counter()
    for body in bodies:
        if stop.is_set():
            return
        time.sleep(max(0.0, due - time.perf_counter()))
        due = max(due + BATCH / rate, time.perf_counter() - 1)  # do not catch up with a delay of more than a second
        http.request("POST", PATH, body, headers)
        reply = json.loads(http.getresponse().read())
        if reply["accepted"] != BATCH:
            raise RuntimeError(str(reply))
        counted.value += BATCH


if __name__ == "__main__":  # the client's process imports this too
    main()
