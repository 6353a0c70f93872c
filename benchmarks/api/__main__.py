"""`make bench-api`: both answers beside a plain list view of REST framework, and exports beside COPY.

Both servers run at once on this machine, with the database and wrk. They get requests in turn, in rounds, and each
result is the median. Wingtel gets a key, which it checks and counts; the plain view needs none.
"""

import argparse
import statistics

from benchmarks.api.load import Load, measure_load, require_wrk
from benchmarks.server import benchmark_server

PERIOD = "from=2026-03-01&to=2026-03-31"
ONE = "metrics of one subscription, a month"
FIRST = "exceeding for a month, first page"
ADDRESSES = {
    ONE: f"/api/v1/usage/metrics/?{PERIOD}&subscription_id={{id}}",
    FIRST: f"/api/v1/usage/exceeding/?{PERIOD}&price_limit=25.00",
}
PLAIN = {
    ONE: f"/plain/?{PERIOD}&subscription_id={{id}}",
    FIRST: "/plain/",
}
COUNTED = f"/counted/?{PERIOD}&subscription_id={{id}}"

parser = argparse.ArgumentParser(prog="make bench-api", description=__doc__)
parser.add_argument("name", nargs="?", choices=("answers", "exports"), help="only these")
parser.add_argument("--subscriptions", type=int, default=100_000)
parser.add_argument("--exported", type=int, default=1_000_000, help="rows of an export")
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--seconds", type=int, default=6, help="of each measurement")
parser.add_argument("--workers", type=int, default=2)


def main() -> None:
    """Measure and print."""
    options = parser.parse_args()
    require_wrk()
    with benchmark_server():
        from benchmarks.api.filling import fill  # noqa: PLC0415 - needs Django set up

        rows = fill(options.subscriptions, options.exported)
        options.header = f"Authorization: Bearer {new_key()}"
        print(f"{rows:,} daily rows, {options.workers} processes of each server")
        if options.name != "exports":
            answers(options)
        if options.name != "answers":
            exports(options)


def new_key() -> str:
    """Create a key with the highest request limit; return its token."""
    from wingtel.access import keys  # noqa: PLC0415 - needs Django set up
    from wingtel.access.scopes import Scope  # noqa: PLC0415 - as above

    return keys.create("bench-api", scopes=[Scope.READ], requests_per_minute=2**31 - 1).token


def answers(options: argparse.Namespace) -> None:
    """Measure requests a second and response times, beside the plain view."""
    from benchmarks.api.servers import OURS, serve  # noqa: PLC0415 - needs Django set up
    from benchmarks.api.servers import PLAIN as PLAIN_APPLICATION  # noqa: PLC0415 - as above
    from benchmarks.report import Row, print_table  # noqa: PLC0415 - as above

    paths = {f"plain: {name}": path for name, path in PLAIN.items()} | {"counted": COUNTED} | ADDRESSES
    loads: dict[str, list[Load]] = {}
    with serve(OURS, options.workers) as ours, serve(PLAIN_APPLICATION, options.workers) as plain:
        for number in range(options.rounds + 1):
            for name, path in paths.items():
                is_ours = name in ADDRESSES
                load = measure_load(
                    (ours if is_ours else plain).port,
                    path,
                    largest_id=options.subscriptions,
                    seconds=options.seconds if number else 2,
                    header=options.header if is_ours else None,
                )
                if number:  # the first only warms up
                    loads.setdefault(name, []).append(load)
    rows = []
    for name in paths:
        of = f"plain: {name}" if name in ADDRESSES else None
        ratio = f"{_median(loads[name], 'requests') / _median(loads[of], 'requests'):.2f}" if of else ""
        rows.append(
            Row(
                name,
                f"{_median(loads[name], 'requests'):,.0f}/s",
                ratio,
                f"{_median(loads[name], 'p50'):.1f} ms",
                f"{_median(loads[name], 'p99'):.1f} ms",
            )
        )
    print_table("Answers over HTTP", ("address", "requests", "to plain", "median", "99 of 100 within"), rows)


def _median(loads: list[Load], field: str) -> float:
    return statistics.median(getattr(load, field) for load in loads)


def exports(options: argparse.Namespace) -> None:
    """Measure exports of many rows, beside COPY of the same query."""
    from benchmarks.api.exports import FORMATS, by_command, by_psql, over_http  # noqa: PLC0415 - needs Django set up
    from benchmarks.api.servers import OURS, serve  # noqa: PLC0415 - as above
    from benchmarks.report import Row, print_table  # noqa: PLC0415 - as above

    seconds: dict[str, list[float]] = {}
    notes: dict[str, str] = {}
    with serve(OURS, 1) as server:
        for _ in range(options.rounds):
            seconds.setdefault("COPY TO STDOUT by psql", []).append(by_psql())
            for form in FORMATS:
                for name, (duration, note) in (
                    (f"{form} over HTTP", over_http(server, form, options.header)),
                    (f"{form} by command", by_command(form)),
                ):
                    seconds.setdefault(name, []).append(duration)
                    notes[name] = note
    bare = statistics.median(seconds["COPY TO STDOUT by psql"])
    rows = [
        Row(name, f"{middle:.2f} s", f"{options.exported / middle:,.0f}/s", f"{bare / middle:.2f}", notes.get(name, ""))
        for name, middle in ((name, statistics.median(duration)) for name, duration in seconds.items())
    ]
    print_table(f"Exports of {options.exported:,} rows", ("export", "time", "rows", "speed, to COPY", ""), rows)


if __name__ == "__main__":
    main()
