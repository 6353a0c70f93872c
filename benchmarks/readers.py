"""Reading and typing a feed by Polars and by DuckDB: `python -m benchmarks.readers`.

Two million lines of CSV are read into typed columns: timestamps with an offset, decimals, whole numbers. They are read
at once, and in blocks of 5 MB as by a resumable import. Each variant runs in a process of its own; the results are
medians of interleaved rounds, and the peak memory.
"""

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

RECORDS, ROUNDS, BLOCK = 2_000_000, 5, 5 << 20
COLUMNS = ("record_id", "subscription", "usage_type", "usage_date", "quantity", "price")


def polars_whole(path: Path) -> int:
    """Return the lines that Polars reads at once."""
    return _polars(path.read_bytes(), header=True)


def polars_blocks(path: Path) -> int:
    """Return the lines that Polars reads in blocks."""
    return sum(_polars(block, header=False) for block in _blocks(path))


def duckdb_whole(path: Path) -> int:
    """Return the lines that DuckDB reads at once, by as many threads as there are processors."""
    return _duckdb(path, header=True)


def duckdb_blocks(path: Path) -> int:
    """Return the lines that DuckDB reads in blocks, each a file in memory, since it reads files."""
    with tempfile.NamedTemporaryFile(dir="/dev/shm", suffix=".csv") as file:
        read = 0
        for block in _blocks(path):
            Path(file.name).write_bytes(block)
            read += _duckdb(Path(file.name), header=False)
        return read


VARIANTS: dict[str, Callable[[Path], int]] = {
    variant.__name__: variant for variant in (polars_whole, duckdb_whole, polars_blocks, duckdb_blocks)
}


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.readline()
        rest = b""
        while data := file.read(BLOCK):
            whole, _, last = (rest + data).rpartition(b"\n")
            rest = last
            yield whole + b"\n"


def _polars(data: bytes, *, header: bool) -> int:
    import polars as pl  # noqa: PLC0415 - the memory of one library at a time is measured

    table = pl.read_csv(data, infer_schema=False, has_header=header, new_columns=COLUMNS)
    return table.select(
        *COLUMNS[:3],
        pl.col("usage_date").str.to_datetime("%Y-%m-%dT%H:%M:%S%#z", time_unit="us"),
        pl.col("quantity").cast(pl.Int64),
        pl.col("price").cast(pl.Decimal(14, 4)),
    ).height


def _duckdb(path: Path, *, header: bool) -> int:
    import duckdb  # noqa: PLC0415 - as above

    statement = f"""
        SELECT record_id, subscription, usage_type, usage_date::timestamptz, quantity::bigint, price::decimal(14, 4)
        FROM read_csv('{path}', all_varchar = true, header = {header}, names = {list(COLUMNS)}, delim = ',')
    """
    return int(duckdb.sql(statement).to_arrow_table().num_rows)


def _measure(name: str, path: Path) -> None:
    started = time.perf_counter()
    if VARIANTS[name](path) != RECORDS:
        raise AssertionError(name)
    print(time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000)


def main() -> None:
    """Write the feed of the import benchmark, measure, print."""
    if len(sys.argv) > 1:
        _measure(sys.argv[1], Path(sys.argv[2]))
        return
    from benchmarks.importing import write_feed  # noqa: PLC0415 - children do not need it

    taken: dict[str, list[tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        feed, _ = write_feed(Path(folder) / "feed.csv", RECORDS)
        for _ in range(ROUNDS):
            for name in VARIANTS:
                command = [sys.executable, "-m", "benchmarks.readers", name, str(feed)]
                output = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
                taken.setdefault(name, []).append((float(output[0]), float(output[1])))
    for name, rounds in taken.items():
        seconds, megabytes = statistics.median(second for second, _ in rounds), max(peak for _, peak in rounds)
        print(f"{name:16} {RECORDS / seconds:10,.0f} lines/s, at most {megabytes:.0f} MB")


if __name__ == "__main__":
    main()
