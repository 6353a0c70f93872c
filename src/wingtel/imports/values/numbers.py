"""Numbers: exact amounts from texts."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from decimal import Decimal

import polars as pl

from ..fields import fitting
from ..profile_schema import NumberForm

LARGEST_PLAIN = 10**15
"""Largest amount that is read in bulk: sums stay within wide integers."""
SCALE = 1_000_000
"""Number of parts of a unit in which amounts with decimals are read."""
POINT = NumberForm()
"""Default marks: a decimal point, and no mark between thousands."""
_DECIMALS = pl.Decimal(38, 6)


class Amounts(ABC):
    """A way to write amounts. A text of the characters `zeros` alone is empty or zero.

    Negative amounts are not read in bulk.
    """

    zeros: str

    @abstractmethod
    def whole(self, text: pl.Expr) -> pl.Expr:
        """Return the whole amounts of texts, null where that is not sure."""

    @abstractmethod
    def millionths(self, text: pl.Expr) -> pl.Expr:
        """Return the amounts of texts times SCALE, null where that is not sure."""

    @abstractmethod
    def read(self, text: str) -> Decimal:
        """Return the amount of a text. Raises ValueError, with a reason to show, when it has none."""


class Nonzero:
    """A condition: one of the columns of amounts is neither empty nor zero."""

    def __init__(self, texts: Sequence[str], zeros: str) -> None:
        self.texts = texts
        self._zeros = zeros

    def expression(self) -> pl.Expr:
        """Return an expression that is True for each row that meets the condition."""
        return pl.any_horizontal(pl.col(self.texts).str.strip_chars(self._zeros) != "")

    def read(self, texts: Iterable[str]) -> bool:
        """Return True if the texts of one row meet the condition."""
        return any(text.strip(self._zeros) for text in texts)


class Numbers(Amounts):
    """Decimal numbers in the form of a profile. Negative numbers are read only if the profile accepts credits."""

    def __init__(self, marks: NumberForm = POINT) -> None:
        self._marks = marks
        self._is_plain = (marks.decimal, marks.thousands) == (POINT.decimal, POINT.thousands)
        point, thousands = re.escape(marks.decimal), re.escape(marks.thousands)
        whole = rf"[0-9]{{1,30}}|[0-9]{{1,3}}(?:{thousands}[0-9]{{3}}){{1,9}}" if thousands else "[0-9]{1,30}"
        self._number = re.compile(rf"[+-]?(?:{whole})(?:{point}[0-9]{{1,30}})?", re.ASCII)
        self._marked = rf"^(?:{whole})(?:{point}[0-9]+)?$"
        self.zeros = f"0{marks.decimal}{marks.thousands}"

    def plain(self, text: pl.Expr) -> pl.Expr:
        """Return the texts that may be numbers, with a decimal point and without other marks."""
        if self._is_plain:
            return text
        text = fitting(text, self._marked)
        if self._marks.thousands:
            text = text.str.replace_all(self._marks.thousands, "", literal=True)
        return text.str.replace(self._marks.decimal, ".", literal=True)

    def whole(self, text: pl.Expr) -> pl.Expr:
        """Return whole numbers, null for other texts."""
        number = self.plain(text).cast(pl.Int64, strict=False)
        return pl.when(number.is_between(0, LARGEST_PLAIN)).then(number)

    def millionths(self, text: pl.Expr) -> pl.Expr:
        """Return decimals of a usual length times SCALE, null for other texts."""
        exact = fitting(self.plain(text), r"^[0-9]{1,12}(?:\.[0-9]{1,6})?$").cast(_DECIMALS, strict=False)
        return (exact * SCALE).cast(pl.Int64, strict=False)

    def read(self, text: str) -> Decimal:
        """Return any number. Raises ValueError, with a reason to show, for other texts."""
        if not self._number.fullmatch(text):
            raise ValueError(f"{shown(text)} is not a number" if text else "empty")
        if self._marks.thousands:
            text = text.replace(self._marks.thousands, "")
        number = Decimal(text.replace(self._marks.decimal, "."))
        if number < 0 and not self._marks.takes_credits:
            raise ValueError(f"{text} is negative")
        return number


class Durations(Amounts):
    """Durations such as 01:05:00, in seconds. The first number may be of any size, and the last have a fraction."""

    def __init__(self, unit: str) -> None:
        self._unit = unit
        shapes = {"hh:mm:ss": "(?:[0-9]{1,9}:[0-5]?[0-9]|[0-9]{1,9}):[0-5]?[0-9]", "mm:ss": "[0-9]{1,9}:[0-5]?[0-9]"}
        self._duration = re.compile(rf"({shapes[unit]})(?:[.,]([0-9]{{1,30}}))?", re.ASCII)
        self._plain = f"^{shapes[unit]}$"
        self.zeros = "0:.,"

    def whole(self, text: pl.Expr) -> pl.Expr:
        """Return durations of whole seconds, null for other texts."""
        fields = fitting(text, self._plain).str.extract_groups("^(?:([0-9]+):)?([0-9]+):([0-9]+)$").struct
        hours, minutes, seconds = (fields.field(name).cast(pl.Int64) for name in ("1", "2", "3"))
        return 3600 * hours.fill_null(0) + 60 * minutes + seconds

    def millionths(self, text: pl.Expr) -> pl.Expr:
        """Return durations of whole seconds times SCALE, null for other texts."""
        return self.whole(text) * SCALE

    def read(self, text: str) -> Decimal:
        """Return any duration. Raises ValueError, with a reason to show, for other texts."""
        match = self._duration.fullmatch(text)
        if not match:
            raise ValueError(f"{shown(text)} is not a duration of the form {self._unit}" if text else "empty")
        seconds = 0
        for number in match[1].split(":"):
            seconds = seconds * 60 + int(number)
        return Decimal(f"{seconds}.{match[2] or 0}")


def shown(text: str) -> str:
    """Return a text for a message, shortened."""
    return repr(text if len(text) <= 40 else f"{text[:40]}…")
