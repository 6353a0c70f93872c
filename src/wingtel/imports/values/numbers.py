"""Numbers: how a text says an amount, exactly."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from decimal import Decimal

import polars as pl

from ..fields import fitting
from ..profile_schema import NumberForm

LARGEST_PLAIN = 10**15
"""Above it, no amount is read in bulk: sums stay within wide integers."""
SCALE = 1_000_000
"""Parts of a unit that amounts with decimals are read in."""
POINT = NumberForm()
"""The marks of numbers as computers write them."""
_DECIMALS = pl.Decimal(38, 6)


class Amounts(ABC):
    """A way to write amounts. Without any character but `zeros`, a text says none.

    In bulk, only those that are not negative are read.
    """

    zeros: str

    @abstractmethod
    def whole(self, text: pl.Expr) -> pl.Expr:
        """Return the whole amounts that texts say, null where that is not sure."""

    @abstractmethod
    def millionths(self, text: pl.Expr) -> pl.Expr:
        """Return the amounts that texts say in parts of SCALE, null where that is not sure."""

    @abstractmethod
    def read(self, text: str) -> Decimal:
        """Return the amount that a text says. Raises ValueError, with a reason to show, where it says none."""


class Nonzero:
    """The rows of which one of some columns of amounts is neither empty nor zero."""

    def __init__(self, texts: Sequence[str], zeros: str) -> None:
        self.texts = texts
        self._zeros = zeros

    def expression(self) -> pl.Expr:
        """Tell of each row."""
        return pl.any_horizontal(pl.col(self.texts).str.strip_chars(self._zeros) != "")

    def read(self, texts: Iterable[str]) -> bool:
        """Tell of the texts of one row."""
        return any(text.strip(self._zeros) for text in texts)


class Numbers(Amounts):
    """Decimal numbers, in the form of a profile; negative ones only where it takes credits."""

    def __init__(self, marks: NumberForm = POINT) -> None:
        self._marks = marks
        self._is_plain = (marks.decimal, marks.thousands) == (POINT.decimal, POINT.thousands)
        point, thousands = re.escape(marks.decimal), re.escape(marks.thousands)
        whole = rf"[0-9]{{1,30}}|[0-9]{{1,3}}(?:{thousands}[0-9]{{3}}){{1,9}}" if thousands else "[0-9]{1,30}"
        self._number = re.compile(rf"[+-]?(?:{whole})(?:{point}[0-9]{{1,30}})?", re.ASCII)
        self._marked = rf"^(?:{whole})(?:{point}[0-9]+)?$"
        self.zeros = f"0{marks.decimal}{marks.thousands}"

    def plain(self, text: pl.Expr) -> pl.Expr:
        """Return texts that may be numbers, with a point for the decimal mark and without others."""
        if self._is_plain:
            return text
        text = fitting(text, self._marked)
        if self._marks.thousands:
            text = text.str.replace_all(self._marks.thousands, "", literal=True)
        return text.str.replace(self._marks.decimal, ".", literal=True)

    def whole(self, text: pl.Expr) -> pl.Expr:
        """Read whole numbers."""
        number = self.plain(text).cast(pl.Int64, strict=False)
        return pl.when(number.is_between(0, LARGEST_PLAIN)).then(number)

    def millionths(self, text: pl.Expr) -> pl.Expr:
        """Read decimals of a usual length."""
        exact = fitting(self.plain(text), r"^[0-9]{1,12}(?:\.[0-9]{1,6})?$").cast(_DECIMALS, strict=False)
        return (exact * SCALE).cast(pl.Int64, strict=False)

    def read(self, text: str) -> Decimal:
        """Read any number."""
        if not self._number.fullmatch(text):
            raise ValueError(f"{shown(text)} is no number" if text else "empty")
        if self._marks.thousands:
            text = text.replace(self._marks.thousands, "")
        number = Decimal(text.replace(self._marks.decimal, "."))
        if number < 0 and not self._marks.takes_credits:
            raise ValueError(f"{text} is negative")
        return number


class Durations(Amounts):
    """Durations such as 01:05:00, in seconds; the first part may be any number, and the last have a fraction."""

    def __init__(self, unit: str) -> None:
        self._unit = unit
        shapes = {"hh:mm:ss": "(?:[0-9]{1,9}:[0-5]?[0-9]|[0-9]{1,9}):[0-5]?[0-9]", "mm:ss": "[0-9]{1,9}:[0-5]?[0-9]"}
        self._duration = re.compile(rf"({shapes[unit]})(?:[.,]([0-9]{{1,30}}))?", re.ASCII)
        self._plain = f"^{shapes[unit]}$"
        self.zeros = "0:.,"

    def whole(self, text: pl.Expr) -> pl.Expr:
        """Read durations of whole seconds."""
        parts = fitting(text, self._plain).str.extract_groups("^(?:([0-9]+):)?([0-9]+):([0-9]+)$").struct
        hours, minutes, seconds = (parts.field(name).cast(pl.Int64) for name in ("1", "2", "3"))
        return 3600 * hours.fill_null(0) + 60 * minutes + seconds

    def millionths(self, text: pl.Expr) -> pl.Expr:
        """Read the same, as parts."""
        return self.whole(text) * SCALE

    def read(self, text: str) -> Decimal:
        """Read any duration."""
        found = self._duration.fullmatch(text)
        if not found:
            raise ValueError(f"{shown(text)} is no duration of the form {self._unit}" if text else "empty")
        seconds = 0
        for part in found[1].split(":"):
            seconds = seconds * 60 + int(part)
        return Decimal(f"{seconds}.{found[2] or 0}")


def shown(text: str) -> str:
    """Return a text for a message, shortened."""
    return repr(text if len(text) <= 40 else f"{text[:40]}…")
