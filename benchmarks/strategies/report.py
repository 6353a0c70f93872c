"""The report as a page of the docs: tables, the bars, the results of the seed, and a chart."""

import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from xml.sax.saxutils import escape

from django.db import connection

from benchmarks.strategies.figures import NONE, TRIGGERS_OFF, Table

_HOW = """`make bench-strategies` printed and saved this on {day}, on {machine}. Every figure is the median
of {rounds} interleaved rounds in one run (*Writers at once*: one round), and after every round under a strategy both
views were equal to the raw table. Rates drift with the machine: hold on to the ratios.
"""
_HEAD = """<svg xmlns="http://www.w3.org/2000/svg" width="1000" height="{height}" font-family="sans-serif"
     font-size="11">
<style>
text {{ fill: #333 }}
rect {{ fill: #3b7dd8 }}
@media (prefers-color-scheme: dark) {{ text {{ fill: #ddd }} }}
</style>
<text x="8" y="18" font-size="13">Seconds, as a multiple of no aggregation in the same run: shorter is better</text>"""
PAGE, CHART = "benchmarks-strategies.md", "benchmarks-strategies.svg"
SEED = """## What the seed published

The interview task that Wingtel began as was measured on another machine, with other code. These are its figures, not
ours; the table *Objects one by one* above is the same work today.

| work | signals | triggers |
|---|--:|--:|
| create 100 | 5.8 s | 1.7 s |
| delete 100 | 3.8 s | 0.04 s |
| create 1,000 | 55 s | 15 s |
| delete 1,000 | 40 s | 0.04 s |
"""


@dataclass(frozen=True)
class Bar:
    """A bar for a result: a least share of the speed, or a greatest multiple of the seconds, of its base."""

    words: str
    table: str
    work: str
    variant: str
    least: float | None = None
    most: float | None = None
    seconds: float | None = None
    base: str = NONE

    def row(self, tables: list[Table]) -> str | None:
        """Return the row of the page, or None if it was not measured."""
        table = next((table for table in tables if table.title.startswith(self.table)), None)
        work = next((work for work in table.works if work.startswith(self.work)), None) if table else None
        if table is None or work is None:
            return None
        if self.seconds is not None:
            value = table.median(work, self.variant)
            met, bar, shown = (
                value is not None and value <= self.seconds,
                f"≤ {self.seconds * 1000:g} ms",
                f"{(value or 0) * 1000:.2f} ms",
            )
        else:
            ratio = table.ratio(work, self.variant, self.base)
            if ratio is None:
                return None
            met = 1 / ratio >= self.least if self.least else ratio <= (self.most or 0)
            bar = f"≥ {self.least:g}" if self.least else f"≤ {self.most:g} x"
            shown = f"{1 / ratio:.3f}" if self.least else f"{ratio:.2f} x"
        return f"| {self.words} | {bar} | {shown} | {'yes' if met else '**no**'} |"


BARS = [
    *(
        Bar(f"{words}, to {base}", "COPY", work, variant, least, base=base)
        for words, work, variant, least in (
            ("`incremental`, COPY in batches of 10 000, writer's side", "in batches of 10,000", "incremental", 0.60),
            ("the same, merging included", "in batches of 10,000", "incremental, merged", 0.40),
            ("`triggers`, COPY in batches of 10 000", "in batches of 10,000", "triggers", 0.18),
            ("`triggers`, COPY in batches of 100 000", "in batches of 100,000", "triggers", 0.40),
            ("`triggers`, one batch", "in one batch", "triggers", 0.60),
        )
        for base in (NONE, TRIGGERS_OFF)
    ),
    Bar("`inline`, 10 000 a call, 20 000 subscriptions", "The rec", "10,000 a call, 20,000", "inline", 0.35),
    Bar("`inline`, 10 000 a call, 1 000 subscriptions", "The rec", "10,000 a call, 1,000", "inline", 0.35),
    *(
        Bar(f"`create()` one by one, `{name}`", "Objects", "create 1,000", name, most=most)
        for name, most in (("triggers", 1.8), ("incremental", 1.5), ("inline", 2.0), ("signals", 3.0))
    ),
    Bar("rebuild of a day, to the bare GROUP BY", "Rebuild", "a day", "rebuild", 0.35),
    Bar("*exceeding* in a month, 10⁶ rows", "Reading", "*exceeding* in a month, 1,000,000", "triggers", seconds=0.005),
    Bar("*exceeding* of all time, 36 months of 10⁵", "Reading", "*exceeding* of all time", "triggers", seconds=0.020),
]


def markdown(tables: list[Table], rounds: int) -> str:
    """Return the page."""
    rows = [row for bar in BARS if (row := bar.row(tables))]
    if contention := _contention(tables):
        rows.append(contention)
    return "\n".join(
        [
            "# The strategies side by side",
            "",
            _HOW.format(day=f"{datetime.now(UTC):%d %B %Y}", machine=_machine(), rounds=rounds),
            f"![seconds of each strategy to those of no aggregation]({CHART})",
            "",
            "## Bars",
            "",
            "| work | bar | measured | met |",
            "|---|--:|--:|---|",
            *rows,
            "",
            *(table.markdown() for table in tables),
            SEED,
        ]
    )


def save(folder: Path, tables: list[Table], page: str) -> None:
    """Write the page and its chart."""
    (folder / PAGE).write_text(page, encoding="utf-8")
    (folder / CHART).write_text(chart(tables), encoding="utf-8")


def chart(tables: list[Table]) -> str:
    """Return a chart of horizontal bars: the seconds of each strategy as a multiple of no aggregation."""
    bars = [
        (work, variant, ratio)
        for table in tables
        if NONE in table.variants and not table.title.startswith("Rebuild")
        for work in table.works
        if not work.startswith(("2 ", "4 "))
        for variant in table.variants
        if variant != NONE and (ratio := table.ratio(work, variant)) is not None
    ]
    height, scale = 16, 440 / max((ratio for *_, ratio in bars), default=1)
    lines = [_HEAD.format(height=height * len(bars) + 40)]
    for number, (work, variant, ratio) in enumerate(bars):
        top = 30 + number * height
        lines.append(f'<text x="330" y="{top + 11}" text-anchor="end">{escape(work)}</text>')
        lines.append(f'<text x="338" y="{top + 11}">{escape(variant)}</text>')
        lines.append(f'<rect x="450" y="{top + 2}" width="{ratio * scale:.1f}" height="{height - 5}"/>')
        lines.append(f'<text x="{455 + ratio * scale:.1f}" y="{top + 11}">{ratio:.2f}</text>')
    return "\n".join([*lines, "</svg>", ""])


def _contention(tables: list[Table]) -> str | None:
    table = next((table for table in tables if table.title == "Writers at once"), None)
    if table is None:
        return None
    same = table.median("8 on the same subscriptions", "incremental")
    different = table.median("8 on different subscriptions", "incremental")
    if not same or not different:
        return None
    # Two rounds of the same work differ by some percent here: take a tenth for noise.
    met = "yes" if same <= different * 1.1 else "**no**"
    words = "8 writers on the same subscriptions, `incremental`, to different ones"
    return f"| {words} | ≥ 1 | {different / same:.2f} | {met} |"


def _machine() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        (version,) = cursor.fetchone()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores and {memory:.0f} GB ({platform.machine()}), PostgreSQL {version.split()[0]}"
