"""Importing a feed beside a bare COPY of the same records: speed, memory, and the effect of size.

Two million records, 118 MB of CSV, of 20 000 subscriptions with their phone numbers, with text references, on one day.
The bare COPY is of the same records, resolved and in PostgreSQL's own text format. Its table has the same primary key
and nothing else. All variants are interleaved; each result is the median.
"""

import argparse
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from django.db import connection

from benchmarks.report import Row, print_table
from benchmarks.server import benchmark_server

RECORDS, SUBSCRIPTIONS, ROUNDS = 2_000_000, 20_000, 3
STRATEGIES = ("incremental", "triggers")
SMALL, LARGE = 1_000_000, 10_000_000
FIRST_NUMBER = 12_025_500_000
HEADER = "record_id,subscription,usage_type,usage_date,quantity,price\n"
PROFILE = """
[timestamp]
columns = ["usage_date"]
[usage_type]
column = "usage_type"
data = ["D"]
voice = ["V"]
[data]
columns = ["quantity"]
unit = "kilobytes"
[voice]
columns = ["quantity"]
unit = "seconds"
[price]
column = "price"
[reference]
columns = ["record_id"]
[subscription]
by = "phone_number"
column = "subscription"
[layout]
"""


def run(records: int = RECORDS, rounds: int = ROUNDS) -> None:
    """Measure speed and print."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        folder = Path(name)
        _prepare(folder)
        feed, bare = write_feed(folder / "feed.csv", records)
        again = folder / "again.csv"
        again.write_bytes(feed.read_bytes() + b"\n")
        print(f"{records:,} records, {feed.stat().st_size / 1e6:.0f} MB")
        seconds: dict[str, list[float]] = {}
        for _ in range(rounds):
            seconds.setdefault("bare COPY", []).append(_copy(bare))
            for strategy in STRATEGIES:
                _empty(strategy)
                seconds.setdefault(f"import, {strategy}", []).append(_import(folder, feed, (records, 0)))
                if strategy == STRATEGIES[0]:
                    repeated = "the same records again, from another file"
                    seconds.setdefault(repeated, []).append(_import(folder, again, (0, records)))
    base = statistics.median(seconds.pop("bare COPY"))
    rows = [
        Row(work, f"{records / base:,.0f}/s", f"{records / median:,.0f}/s", f"{base / median:.2f}", "")
        for work, median in ((work, statistics.median(taken)) for work, taken in seconds.items())
    ]
    print_table("Importing", ("work", "bare COPY", "import", "speed ratio", ""), rows)


def run_sizes(small: int, large: int) -> None:
    """Measure time per record and peak memory at two sizes, each import in a process of its own, and print."""
    rows = []
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        folder = Path(name)
        _prepare(folder)
        per_record = {}
        for records in (small, large):
            feed, bare = write_feed(folder / f"{records}.csv", records)
            bare.unlink()
            _empty(STRATEGIES[0])
            used, megabytes = _import_in_process(folder, feed)
            per_record[records] = used / records
            rows.append(
                Row(
                    f"{records:,} records, {feed.stat().st_size / 1e6:.0f} MB",
                    f"{used:.1f} s",
                    f"{used / records * 1e6:.2f} µs",
                    f"{per_record[records] / per_record[small]:.2f}",
                    f"{megabytes:.0f} MB",
                )
            )
            feed.unlink()
    print_table("Size", ("file", "time", "a record", "ratio", "peak memory"), rows)


def _prepare(folder: Path) -> None:
    (folder / "bench.toml").write_text(PROFILE)
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO wingtel_subscription
                   (id, carrier, status, device_id, phone_number, phone_model, network_type, sprint_id)
               SELECT id, 'att', 'active', '', (%s + id - 1)::text, '', '', '' FROM generate_series(1, %s) AS id
               ON CONFLICT DO NOTHING""",
            [FIRST_NUMBER, SUBSCRIPTIONS],
        )
        cursor.execute("ANALYZE wingtel_subscription")
        cursor.execute(
            """CREATE TABLE IF NOT EXISTS bare_usage (
                   record_id varchar(100) COLLATE "C" NOT NULL, usage_date timestamptz NOT NULL,
                   subscription_id bigint NOT NULL, price numeric(14, 4) NOT NULL, used bigint NOT NULL,
                   PRIMARY KEY (record_id, usage_date, subscription_id))"""
        )


def write_feed(path: Path, records: int) -> tuple[Path, Path]:
    """Write the feed, and the same records for a bare COPY; return both paths."""
    rng = random.Random(1)
    bare = path.with_suffix(".copy")
    with path.open("w") as feed, bare.open("w") as copied:
        feed.write(HEADER)
        for number in range(records):
            second = number * 86_399 // records
            clock = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
            subscription, kind = int(rng.random() * SUBSCRIPTIONS), "D" if rng.random() < 0.7 else "V"
            price, used = int(rng.lognormvariate(5, 1)) + 1, int(rng.lognormvariate(8, 1.5))
            amount = f"{price // 10_000}.{price % 10_000:04}"
            feed.write(f"att-{number:09},{FIRST_NUMBER + subscription},{kind},2026-03-01T{clock}Z,{used},{amount}\n")
            copied.write(f"att-{number:09}\t2026-03-01 {clock}+00\t{subscription + 1}\t{amount}\t{used}\n")
    return path, bare


def _empty(strategy: str) -> None:
    from wingtel.aggregates import strategies  # noqa: PLC0415 - needs Django set up

    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE wingtel_data_usage_record, wingtel_voice_usage_record, wingtel_daily_usage, "
            "wingtel_monthly_usage, wingtel_lifetime_usage, wingtel_usage_delta,"
            " wingtel_import, wingtel_imported_range, wingtel_rejected_record"
        )
        strategies.use(strategy)
        cursor.execute("CHECKPOINT")


def _copy(path: Path) -> float:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE bare_usage")
        cursor.execute("CHECKPOINT")
        started = time.perf_counter()
        with path.open("rb") as file, cursor.copy("COPY bare_usage FROM STDIN") as copy:
            while data := file.read(1 << 20):
                copy.write(data)
        taken = time.perf_counter() - started
        cursor.execute("TRUNCATE bare_usage")
        return taken


def _import(folder: Path, path: Path, expected: tuple[int, int]) -> float:
    from wingtel.imports import profiles  # noqa: PLC0415 - needs Django set up
    from wingtel.imports.service import import_feed  # noqa: PLC0415 - needs Django set up

    started = time.perf_counter()
    summary = import_feed(path, profiles.find(str(folder / "bench.toml")))
    taken = time.perf_counter() - started
    if (summary.accepted, summary.duplicate) != expected:
        raise AssertionError(summary)
    _assert_exact()
    return taken


def _assert_exact() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), sum(price), sum(used) FROM usage_source")
        expected = cursor.fetchone()
        cursor.execute("SELECT sum(records), sum(price), sum(used) FROM usage_daily")
        if (found := cursor.fetchone()) != expected:
            raise AssertionError(f"usage_daily holds {found}, the raw tables {expected}")


def _import_in_process(folder: Path, path: Path) -> tuple[float, float]:
    """Return the seconds of an import, and the peak memory of its process in megabytes."""
    command = [sys.executable, "-m", "benchmarks.importing", "--child", str(folder / "bench.toml"), str(path)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(output[0]), float(output[1])


def _child(profile: str, path: str) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "wingtel.settings"
    import django  # noqa: PLC0415 - settings read DATABASE_URL

    django.setup()
    from wingtel.imports import profiles  # noqa: PLC0415 - needs Django set up
    from wingtel.imports.service import import_feed  # noqa: PLC0415 - needs Django set up

    summary = import_feed(Path(path), profiles.find(profile))
    print(summary.seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000)


def main() -> None:
    """`make bench-import`; with `sizes`, time per record and memory at one and at ten million."""
    parser = argparse.ArgumentParser(prog="make bench-import", description=main.__doc__)
    parser.add_argument("what", nargs="?", choices=["speed", "sizes"], default="speed")
    parser.add_argument("--records", type=int)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        _child(*options.child)
        return
    measure: Callable[[], None] = lambda: run(options.records or RECORDS, options.rounds)  # noqa: E731
    if options.what == "sizes":
        large = options.records or LARGE
        measure = lambda: run_sizes(min(SMALL, large // 10), large)  # noqa: E731
    with benchmark_server():
        measure()


if __name__ == "__main__":
    main()
