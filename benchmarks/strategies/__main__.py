"""`make bench-strategies` measures and saves; `make bench-strategies ARGS="--scale 0.01"` tries it out."""

import argparse
from pathlib import Path

from benchmarks.server import benchmark_server
from benchmarks.strategies.feed import DAY
from benchmarks.strategies.figures import Table

DOCS = Path(__file__).parents[2] / "docs"

parser = argparse.ArgumentParser(prog="make bench-strategies", description=__doc__)
parser.add_argument("--scale", type=float, default=1.0, help="a fraction of the sizes; nothing is saved")
parser.add_argument("--rounds", type=int, default=3)


def main() -> None:
    """Measure, print and, at full size, save."""
    options = parser.parse_args()
    with benchmark_server():
        from benchmarks.strategies import report  # noqa: PLC0415 - needs Django set up

        tables = _measure(options.scale, options.rounds)
        page = report.markdown(tables, options.rounds)
        print(page)
        if options.scale == 1.0:
            report.save(DOCS, tables, page)


def _measure(scale: float, rounds: int) -> list[Table]:
    from benchmarks.strategies import answers, concurrent, copying, one_by_one, rebuilding  # noqa: PLC0415 - as above
    from wingtel.usage import partitions  # noqa: PLC0415 - needs Django set up

    def scaled(size: int) -> int:
        return max(10, int(size * scale))

    partitions.ensure([DAY])
    records = scaled(1_000_000)
    # This comes first, since it creates the subscriptions.
    ingestion = copying.measure_ingestion(scaled(100_000), [1_000, 10_000], [20_000, 1_000], rounds)
    return [
        one_by_one.measure([scaled(100), scaled(1_000)], scaled(10_000), rounds),
        copying.measure(records, [1_000, 10_000, 100_000, records], rounds),
        ingestion,
        concurrent.measure(scaled(80_000)),
        rebuilding.measure(records, rounds),
        answers.measure([scaled(100_000), scaled(1_000_000)], 36, scaled(100_000)),
    ]


if __name__ == "__main__":  # the writers' processes import this too
    main()
