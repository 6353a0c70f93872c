"""`make bench` runs them all; `make bench ARGS="writing"` one."""

import argparse

from benchmarks.server import benchmark_server

NAMES = ("writing", "reading")

parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
parser.add_argument("name", nargs="?", choices=NAMES)
chosen = parser.parse_args().name

with benchmark_server():
    from benchmarks import reading, writing

    for name in [chosen] if chosen else NAMES:
        {"writing": writing.run, "reading": reading.run}[name]()
