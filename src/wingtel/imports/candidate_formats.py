"""Candidate formats: those in which the timestamps of a sample may be written."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from itertools import product
from zoneinfo import ZoneInfo

from .timestamp_formats import ISO_8601
from .values.timestamps import timestamp_reader

DAYS = (
    *("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d"),
    *("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y"),
    *("%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%y/%m/%d", "%d-%m-%y", "%m-%d-%y", "%y-%m-%d"),
    *("%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%b %d %Y"),
)
_CLOCKS = ("%H:%M:%S", "%H:%M", "%H:%M:%S.%f", "%H%M%S", "%H%M", "%I:%M:%S %p", "%I:%M %p")
TIMESTAMPS = (ISO_8601, *map(" ".join, product(DAYS, _CLOCKS)), "%Y%m%d%H%M%S", "%Y%m%d%H%M")

_YEARS = range(2000, 2100)
_PARTS = {"Y": r"\d{4}", "y": r"\d\d", "b": "[A-Za-z]{3}", "p": "[AaPp][Mm]", "f": r"\d{1,6}"}


def fitting_formats(texts: Iterable[str], formats: Sequence[str]) -> list[str]:
    """Return the first format that reads all texts, and each later one that reads other times from them.

    A format that reads a time outside the years 2000 to 2099 does not fit. Without texts, none fits.
    """
    distinct = list(dict.fromkeys(texts))
    readings: dict[tuple[datetime, ...], str] = {}
    for form in formats if distinct else ():
        if times := _read_all(distinct, form):
            readings.setdefault(times, form)
    return list(readings.values())


def _read_all(texts: list[str], form: str) -> tuple[datetime, ...]:
    if not all(map(_shape(form).fullmatch, texts)):
        return ()
    read = timestamp_reader(form, ZoneInfo("UTC"))
    try:
        times = tuple(map(read, texts))
    except ValueError:
        return ()
    return times if all(time.year in _YEARS for time in times) else ()


@cache
def _shape(form: str) -> re.Pattern[str]:
    """Return a pattern of the texts of a format: strptime is slow to fail, and accepts one digit for two."""
    number = r"\d\d" if "%m%d" in form or "%H%M" in form else r"\d\d?"
    if "%" not in form:
        return re.compile(".*")
    return re.compile(re.sub("%(.)", lambda match: _PARTS.get(match[1], number), form.replace(".", r"\.")))
