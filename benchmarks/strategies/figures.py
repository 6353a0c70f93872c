"""The results of the measurements, by work and variant."""

import statistics
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

NONE = "no aggregation"
TRIGGERS_OFF = "triggers switched off"


@dataclass
class Table:
    """Seconds of each work under each variant; the table shows the median of the rounds."""

    title: str
    note: str = ""
    seconds: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    records: dict[str, int] = field(default_factory=dict)

    def add(self, work: str, variant: str, seconds: float, records: int = 0) -> None:
        """Add the result of one round; with `records`, the table shows records a second."""
        self.seconds.setdefault((work, variant), []).append(seconds)
        if records:
            self.records[work] = records

    def median(self, work: str, variant: str) -> float | None:
        """Return the median seconds, or None if it was not measured."""
        rounds = self.seconds.get((work, variant))
        return statistics.median(rounds) if rounds else None

    def ratio(self, work: str, variant: str, base: str = NONE) -> float | None:
        """Return the ratio of the seconds to those of `base`."""
        bare, seconds = self.median(work, base), self.median(work, variant)
        return seconds / bare if bare and seconds else None

    @property
    def works(self) -> list[str]:
        """The works in the order measured."""
        return list(dict.fromkeys(work for work, _ in self.seconds))

    @property
    def variants(self) -> list[str]:
        """The variants in the order measured."""
        return list(dict.fromkeys(variant for _, variant in self.seconds))

    def markdown(self) -> str:
        """Return a heading, the note and the table."""
        lines = [f"## {self.title}", "", *([self.note, ""] if self.note else [])]
        lines += _row(["work", *self.variants])
        lines += _row(["---", *["--:"] * len(self.variants)])
        for work in self.works:
            lines += _row([work, *(self._cell(work, variant) for variant in self.variants)])
        return "\n".join([*lines, ""])

    def _cell(self, work: str, variant: str) -> str:
        seconds = self.median(work, variant)
        if seconds is None:
            return ""
        records = self.records.get(work)
        shown = f"{records / seconds:,.0f}/s" if records else f"{seconds:.3f} s"
        ratio = self.ratio(work, variant)
        if ratio is None or variant == NONE:
            return shown
        return f"{shown} ({1 / ratio:.2f})" if records else f"{shown} ({ratio:.2f} x)"


def interleave(rounds: int, variants: Iterable[str], work: Callable[[str], None]) -> None:
    """Run the work under each variant in turn, so that a machine that drifts does not decide."""
    variants = list(variants)
    for _ in range(rounds):
        for variant in variants:
            work(variant)


def _row(cells: list[str]) -> list[str]:
    return [f"| {' | '.join(cells)} |"]
