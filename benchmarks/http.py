"""`make bench-http`: usage records over HTTP, beside COPY of the same records.

Two clients send batches of 1 000 to `wingtel serve`, with client, server and database on this machine. Each client
keeps its connection and has its bodies ready; the time is from the first request to the last reply, which comes after
commit.
"""

import argparse
import json
import multiprocessing
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from multiprocessing.synchronize import Barrier

from benchmarks.server import benchmark_server
from benchmarks.strategies.feed import DAY, SUBSCRIPTIONS, Row, rows

CLIENTS = 2
BATCH = 1_000
STRATEGIES = ("incremental", "triggers", "inline", "view")
PATH = "/api/v1/usage/records/"
TIMEOUT_SECONDS = 120

parser = argparse.ArgumentParser(prog="make bench-http", description=__doc__)
parser.add_argument("--records", type=int, default=100_000, help="of all clients together, in each round")
parser.add_argument("--rounds", type=int, default=5)


def main() -> None:
    """Measure and print."""
    options = parser.parse_args()
    with benchmark_server(), serving() as port:
        from benchmarks.report import Row as Line  # noqa: PLC0415 - needs Django set up
        from benchmarks.report import print_table  # noqa: PLC0415 - needs Django set up

        seconds = measure(port, options.records, options.rounds)
        bare = statistics.median(seconds["COPY"])
        lines = []
        for name, rounds in seconds.items():
            middle = statistics.median(rounds)
            lines.append(
                Line(
                    name,
                    f"{options.records / bare:,.0f}/s",
                    f"{options.records / middle:,.0f}/s",
                    f"{bare / middle:.2f}",
                    f"{options.records / max(rounds):,.0f} to {options.records / min(rounds):,.0f}/s",
                )
            )
        title = f"{CLIENTS} clients, batches of {BATCH:,}, {SUBSCRIPTIONS:,} subscriptions, {options.rounds} rounds"
        print_table(title, ("POST of records under", "bare COPY", "this", "ratio", "slowest to fastest round"), lines)


def measure(port: int, records: int, rounds: int) -> dict[str, list[float]]:
    """Return the seconds of each round, by strategy; `COPY` is without HTTP and without aggregation."""
    from benchmarks.strategies.state import assert_exact, start  # noqa: PLC0415 - needs Django set up

    prepare()
    server = f"{port} {new_key()}"
    seconds: dict[str, list[float]] = {}
    for _ in range(rounds):
        for name in ("COPY", *STRATEGIES):
            start("view" if name == "COPY" else name)
            send = (copy, os.environ["DATABASE_URL"]) if name == "COPY" else (post, server)
            seconds.setdefault(name, []).append(run_clients(*send, records // CLIENTS))
            assert_exact()
    return seconds


def prepare() -> None:
    """Create the subscriptions and the partition."""
    from django.db import connection  # noqa: PLC0415 - needs Django set up

    from wingtel.usage import partitions  # noqa: PLC0415 - needs Django set up

    partitions.ensure([DAY])
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO wingtel_subscription
                   (id, carrier, status, device_id, phone_number, phone_model, network_type, sprint_id)
               SELECT id, 'att', 'active', '', '', '', '', '' FROM generate_series(1, %s) AS id
               ON CONFLICT DO NOTHING""",
            [SUBSCRIPTIONS],
        )
        cursor.execute("ANALYZE wingtel_subscription")


def new_key() -> str:
    """Create a key of the API, instead of one of an earlier run; return its token."""
    from wingtel.access import keys  # noqa: PLC0415 - needs Django set up
    from wingtel.access.scopes import Scope  # noqa: PLC0415 - needs Django set up

    with suppress(keys.KeyProblemError):
        keys.revoke("benchmark")
    return keys.create("benchmark", scopes=[Scope.ADMIN]).token


@contextmanager
def serving() -> Iterator[int]:
    """Run `wingtel serve` during the block; yield its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "wingtel", "serve", "--port", str(port)], stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while not answers(port):
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("wingtel serve does not answer")
            time.sleep(0.1)
        yield port
    finally:
        server.terminate()
        server.wait()


def answers(port: int) -> bool:
    """Return True if the server answers."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def run_clients(send: Callable[[Barrier, int, str, int], None], to: str, records: int) -> float:
    """Return the seconds that all clients take together, each with so many records of its own."""
    spawning = multiprocessing.get_context("spawn")
    barrier = spawning.Barrier(CLIENTS + 1)
    clients = [spawning.Process(target=send, args=(barrier, number, to, records)) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    barrier.wait(TIMEOUT_SECONDS)
    started = time.perf_counter()
    barrier.wait(TIMEOUT_SECONDS)
    seconds = time.perf_counter() - started
    for client in clients:
        client.join()
        if client.exitcode:
            raise RuntimeError(f"a client ended with {client.exitcode}")
    return seconds


def batches(number: int, records: int) -> list[list[Row]]:
    """Return a client's records in batches, with references of its own."""
    own = [(f"{record_id}-{number}", *rest) for record_id, *rest in rows(records)]
    return [own[first : first + BATCH] for first in range(0, records, BATCH)]  # type: ignore[misc]


def post(barrier: Barrier, number: int, server: str, records: int) -> None:
    """Send the records over HTTP, one batch after the other; `server` is its port and a key."""
    port, key = server.split()
    bodies = [json.dumps([as_json(row) for row in batch]).encode() for batch in batches(number, records)]
    http = HTTPConnection("127.0.0.1", int(port))
    http.connect()
    barrier.wait()
    for body in bodies:
        http.request("POST", PATH, body, {"Content-Type": "application/json", "Authorization": f"Bearer {key}"})
        response = http.getresponse()
        reply = json.loads(response.read())
        if response.status != 200 or reply["accepted"] != BATCH:
            raise RuntimeError(f"{response.status}: {reply}")
    barrier.wait()


def as_json(row: Row) -> dict[str, object]:
    """Return a record as a client sends it."""
    record_id, timestamp, subscription, price, kilobytes = row
    return {
        "record_id": record_id,
        "usage_type": "data",
        "usage_date": timestamp.isoformat(),
        "subscription_id": subscription,
        "quantity": kilobytes,
        "price": str(price),
    }


def copy(barrier: Barrier, number: int, url: str, records: int) -> None:
    """Send the same records by COPY, row by row."""
    import psycopg  # noqa: PLC0415 - only this client needs it

    own_batches = batches(number, records)
    with psycopg.connect(url, autocommit=True) as session:
        barrier.wait()
        for batch in own_batches:
            with session.cursor().copy(
                "COPY wingtel_data_usage_record (record_id, usage_date, subscription_id, price, kilobytes_used) "
                "FROM STDIN"
            ) as copying:
                for row in batch:
                    copying.write_row(row)
    barrier.wait()


if __name__ == "__main__":  # the clients' processes import this too
    main()
