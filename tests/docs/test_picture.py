"""The demo's answers in the documents are the plain sums of the demo's feed."""

import csv
import os
import re
from collections import defaultdict
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from wingtel.imports.generator import write_feed

from .blocks import ROOT
from .picture import Answer, drawn

PICTURE = ROOT / "docs" / "answers.svg"
SEED, LAST_DAY = 2026, date(2026, 11, 30)
LIMIT = Decimal(25)
ROWS, NUMBER = 5, "+12025500183"
UNITS = {"data": "kilobytes", "voice": "seconds"}

Sums = dict[tuple[str, str], tuple[Decimal, int, int]]
"""Price, quantity and number of records by phone number and usage type."""


def test_the_picture_shows_the_answers_of_the_demo() -> None:
    picture = drawn([exceeding(), metrics()])
    if os.environ.get("WINGTEL_TEST_DRAW"):
        PICTURE.write_text(picture)
    assert PICTURE.read_text() == picture, "run WINGTEL_TEST_DRAW=1 python -m pytest tests/docs/test_picture.py"


def test_the_start_page_shows_the_answers_of_the_demo() -> None:
    shown = (ROOT / "docs" / "start.md").read_text()
    reached = re.findall(r"^ *\d+ +(\+\d+) +(data|voice) +([\d.]+) +([\d.]+)$", shown, re.MULTILINE)
    used = re.findall(r"^ *\d+ +(\+\d+) +(data|voice) +\w+ +([\d.]+) +([\d,]+) +(\d+)$", shown, re.MULTILINE)
    assert reached == exceeding().rows[: len(reached)] != []
    expected = {(*key, f"{price}", f"{quantity:,}", f"{count}") for key, (price, quantity, count) in sums().items()}
    assert set(used) <= expected
    assert used


def exceeding() -> Answer:
    reached = {key: price for key, (price, *_) in sums().items() if price >= LIMIT}
    largest: dict[str, Decimal] = defaultdict(Decimal)
    for (number, _), price in reached.items():
        largest[number] = max(largest[number], price)
    order = sorted(reached, key=lambda key: (-largest[key[0]], key))
    rows = [(*key, f"{reached[key]}", f"{reached[key] - LIMIT}") for key in order]
    columns = ("phone number", "usage type", "total price", "exceeded by")
    command = "wingtel exceeding --price-limit 25 --from 2026-11-01 --to 2026-11-30"
    return Answer("Who reached a price limit, and by how much?", command, columns, 3, rows[:ROWS])


def metrics() -> Answer:
    rows = [
        (number, kind, f"{used:,} {UNITS[kind]}", f"{records}", f"{price}")
        for (number, kind), (price, used, records) in sums().items()
        if number == NUMBER
    ]
    columns = ("phone number", "usage type", "total usage", "records", "total price")
    command = f"wingtel metrics --subscription {NUMBER} --from 2026-11-01 --to 2026-11-30"
    return Answer("What did a subscription use and pay between two dates?", command, columns, 4, rows)


@cache
def sums() -> Sums:
    """Add up the feed of the demo, as it is for November 2026. Its amounts are the same in any other month."""
    added: dict[tuple[str, str], list[tuple[Decimal, int]]] = defaultdict(list)
    with TemporaryDirectory() as folder:
        feed = Path(folder) / "demo.csv"
        write_feed(feed, subscriptions=1000, days=30, seed=SEED, last_day=LAST_DAY)
        with feed.open() as lines:
            for line in csv.DictReader(lines):
                number = f"+{line['subscription']}"
                added[number, line["usage_type"]].append((Decimal(line["price"]), int(line["quantity"])))
    return {
        key: (sum((price for price, _ in added[key]), Decimal(0)), sum(used for _, used in added[key]), len(added[key]))
        for key in sorted(added)
    }
