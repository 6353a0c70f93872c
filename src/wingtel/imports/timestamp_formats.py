"""Formats of timestamps: ISO 8601, time since 1970, and the directives of strptime."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

import polars as pl

from .fields import fitting

ISO_8601 = "iso8601"
EPOCHS = {"unix": 1_000_000, "unix_ms": 1_000, "unix_us": 1}
"""Formats of counts since 1970 in UTC (seconds, milliseconds, microseconds), and the microseconds of each unit."""
FIRST_EPOCH, LAST_EPOCH = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
"""Range of counts since 1970: a count in another unit lies outside."""
TIMESTAMPS = pl.Datetime("us", "UTC")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_YEAR = "(?:19[89]|2[0-8][0-9])[0-9]"
"""A pattern of years that are accepted in any zone."""
_UTC_NAMES = ("UTC", "GMT", "UT", "Z")
_LITERAL_UTC = re.compile(rf"% ?(?:{'|'.join(_UTC_NAMES)})(?![A-Za-z])")
_LITERAL_ZONE = re.compile(r"% ?([A-Z]{2,4}T|MSK|WIB|WITA)$")


class UnknownZoneError(ValueError):
    """A timestamp with the name of a time zone that does not give a unique offset."""


class Format(ABC):
    """A format of timestamps. `shape` is a pattern of all texts that it may fit, "" when there is none."""

    shape: str

    @abstractmethod
    def expressions(self, text: pl.Expr) -> Iterator[pl.Expr]:
        """Return expressions that read the most common texts, in UTC."""

    @abstractmethod
    def read(self, text: str) -> datetime:
        """Return a timestamp, without a zone if the text has none.

        Raises ValueError or OverflowError when the text does not fit.
        """


def format_of(form: str, zone: ZoneInfo) -> Format:
    """Return the format of that name or of these directives. `zone` is for timestamps without an offset."""
    if form == ISO_8601:
        return _Iso(zone)
    return _Epoch(EPOCHS[form]) if form in EPOCHS else _Directives(form, zone)


def problem_of(form: str) -> str:
    """Return the problem of a format, or "": it is unknown, contradictory, or does not give a time."""
    if form == ISO_8601 or form in EPOCHS:
        return ""
    parts = [part for part in _parts(form) if part.startswith("%") and part != "%%"]
    if not parts:
        known = ", ".join(f'"{name}"' for name in (ISO_8601, *EPOCHS))
        return f'is neither {known} nor a format such as "%Y-%m-%d %H:%M:%S"'
    for part in parts:
        if part not in _KNOWN:
            return f"has {part}, which is none of {' '.join(_KNOWN)}"
        if parts.count(part) > 1:
            return f"has {part} twice"
    return _contradiction(set(parts)) or _wrong_zone(form, parts)


def _contradiction(parts: set[str]) -> str:
    for group in _ALTERNATIVES:
        if len(both := [part for part in group if part in parts]) > 1:
            return f"has both {both[0]} and {both[1]}, which say the same or contradict each other"
    for part, needed in _NEEDS.items():
        if part in parts and not parts & needed:
            return f"has {part} without {' or '.join(sorted(needed))}"
    if not parts & {"%Y", "%y", "%G"}:
        return "has no year"
    has_day = {"%d"} <= parts and parts & {"%m", "%b", "%B"}
    has_weekday = parts & {"%U", "%W", "%V"} and parts & {"%a", "%A", "%w", "%u"}
    return "" if has_day or has_weekday or "%j" in parts else "does not say the day"


def _wrong_zone(form: str, parts: list[str]) -> str:
    literal = _literal(form)
    if _LITERAL_UTC.search(literal) and {"%z", "%Z"} & set(parts):
        return "has two time zones"
    if (zone := _LITERAL_ZONE.search(literal)) and zone[1] not in _UTC_NAMES:
        return f"names the time zone {zone[1]}, which is not unique; write %Z, and say time_zone"
    return ""


def _parts(form: str) -> list[str]:
    return re.findall("%.?|[^%]", form, re.DOTALL)


def _literal(form: str) -> str:
    """Return the format with % in place of each directive."""
    return "".join("%" if part.startswith("%") else part for part in _parts(form))


class _Iso(Format):
    shape = "^[0-9]{4}(?:-|W|[0-9]{4}).*[T ]"
    _date_and_time = f"^{_YEAR}-[0-9]{{2}}-[0-9]{{2}}{{between}}[0-9]{{2}}:[0-9]{{2}}:[0-5][0-9]"
    _offset = "(?:Z|[+-][01][0-9]:[0-5][0-9])$"

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone

    def expressions(self, text: pl.Expr) -> Iterator[pl.Expr]:
        for fraction, seconds in (("", "%S"), (r"\.[0-9]{1,6}", "%S%.f")):
            for between in "T ":
                shape = self._date_and_time.replace("{between}", between) + fraction
                form = f"%Y-%m-%d{between}%H:%M:{seconds}"
                with_offset = fitting(text, shape + self._offset)
                yield with_offset.str.to_datetime(form + "%#z", time_unit="us", strict=False)
                naive = fitting(text, shape + "$").str.to_datetime(form, time_unit="us", strict=False)
                yield _in_zone(naive, self._zone)

    def read(self, text: str) -> datetime:
        if "T" not in text and " " not in text:
            raise ValueError("a date without a time")
        return datetime.fromisoformat(text)


class _Epoch(Format):
    def __init__(self, microseconds: int) -> None:
        self._microseconds = microseconds
        unit = timedelta(microseconds=microseconds)
        self._first, self._end = (FIRST_EPOCH - _EPOCH) // unit, (LAST_EPOCH - _EPOCH) // unit
        # A shape of digits alone, so that no text has the shapes of two units.
        self._digits = f"[0-9]{{{len(str(self._first))},{len(str(self._end))}}}"
        self.shape = rf"^{self._digits}(?:\.[0-9]{{1,30}})?$"

    def expressions(self, text: pl.Expr) -> Iterator[pl.Expr]:
        yield self._of(fitting(text, f"^{self._digits}$").cast(pl.Int64, strict=False) * self._microseconds)
        exact = fitting(text, rf"^{self._digits}\.[0-9]{{1,6}}$").cast(pl.Decimal(38, 6), strict=False)
        millionths = (exact * 1_000_000).cast(pl.Int64, strict=False)
        yield self._of(millionths // (1_000_000 // self._microseconds))

    def _of(self, microseconds: pl.Expr) -> pl.Expr:
        first, end = self._first * self._microseconds, self._end * self._microseconds
        return pl.when((microseconds >= first) & (microseconds < end)).then(microseconds).cast(TIMESTAMPS)

    def read(self, text: str) -> datetime:
        if not re.fullmatch(self.shape, text) or not self._first <= Decimal(text) < self._end:
            raise ValueError("no such count")
        return _EPOCH + timedelta(microseconds=int(Decimal(text) * self._microseconds))


class _Directive(NamedTuple):
    """Patterns of a directive.

    Python and Polars read the texts of `exact` alike beside another directive, and those of `loose` elsewhere. `wide`
    has all texts that Python may read.
    """

    exact: str
    loose: str
    wide: str


_MONTHS = "(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
_WEEKDAYS = "(?i:mon|tue|wed|thu|fri|sat|sun)"
_NUMBER = _Directive("[0-9]{2}", "[0-9]{1,2}", "[0-9]{1,2}")
_DIRECTIVES = {
    "%Y": _Directive(_YEAR, _YEAR, "[0-9]{4}"),
    "%y": _Directive("[0-5][0-9]", "[0-5][0-9]", "[0-9]{2}"),
    "%m": _NUMBER,
    "%b": _Directive(_MONTHS, _MONTHS, "[A-Za-z]+"),
    "%d": _NUMBER,
    "%a": _Directive(_WEEKDAYS, _WEEKDAYS, "[A-Za-z]+"),
    "%H": _NUMBER,
    "%I": _Directive("(?:0[1-9]|1[0-2])", "(?:0?[1-9]|1[0-2])", "[0-9]{1,2}"),
    "%p": _Directive("[AaPp][Mm]", "[AaPp][Mm]", "[A-Za-z]+"),
    "%M": _NUMBER,
    "%S": _Directive("[0-5][0-9]", "[0-5]?[0-9]", "[0-9]{1,2}"),
    "%f": _Directive("[0-9]{6}", "[0-9]{1,6}", "[0-9]{1,6}"),
    "%z": _Directive("(?:Z|[+-][01][0-9]:?[0-5][0-9])", "(?:Z|[+-][01][0-9]:?[0-5][0-9])", "(?:[Zz]|[+-][0-9:.]+)"),
    "%Z": _Directive("(?:UTC|GMT|Z)", "(?:UTC|GMT|Z)", "[A-Za-z]+"),
}
_KNOWN = (*_DIRECTIVES, "%A", "%B", "%j", "%G", "%V", "%U", "%W", "%u", "%w", "%%")
_ALTERNATIVES = (
    ("%Y", "%y", "%G"),
    ("%H", "%I"),
    ("%H", "%p"),
    ("%m", "%b", "%B", "%j"),
    ("%d", "%j"),
    ("%z", "%Z"),
    ("%U", "%W"),
)
_NEEDS = {
    "%I": {"%p"},
    "%p": {"%I"},
    "%M": {"%H", "%I"},
    "%S": {"%M"},
    "%f": {"%S"},
    "%V": {"%G"},
    "%G": {"%V"},
}


class _Directives(Format):
    """A format of strptime. It has expressions if Python and Polars read its directives alike."""

    def __init__(self, form: str, zone: ZoneInfo) -> None:
        self._form = form
        self._zone = zone
        self._is_utc = bool(_LITERAL_UTC.search(_literal(form)))
        self._parts = _parts(form)
        self.shape = self._pattern(is_wide=True) if self._is_read_alike() else ""

    def expressions(self, text: pl.Expr) -> Iterator[pl.Expr]:
        form = self._form.replace(".%f", "%.f").replace("%z", "%#z")
        read = fitting(text, self._pattern(is_wide=False)).str.to_datetime(form, time_unit="us", strict=False)
        if "%z" in self._parts:
            yield read
        else:
            yield _in_zone(read, ZoneInfo("UTC") if self._is_utc or "%Z" in self._parts else self._zone)

    def read(self, text: str) -> datetime:
        if "%Z" in self._parts:
            return self._read_named(text)
        timestamp = datetime.strptime(text, self._form)  # noqa: DTZ007 - the caller adds the zone
        return timestamp.replace(tzinfo=UTC) if self._is_utc else timestamp

    def _read_named(self, text: str) -> datetime:
        """Return a timestamp with the name of its zone: strptime knows UTC, which replaces one word after the other."""
        for word in re.finditer("[A-Za-z]+", text):
            try:
                naive = datetime.strptime(f"{text[: word.start()]}UTC{text[word.end() :]}", self._form)  # noqa: DTZ007
            except ValueError:
                continue
            return self._in_named_zone(naive.replace(tzinfo=None), word[0].upper())
        raise ValueError("no zone that fits")

    def _in_named_zone(self, naive: datetime, name: str) -> datetime:
        if name in _UTC_NAMES:
            return naive.replace(tzinfo=UTC)
        for fold in (0, 1):
            timestamp = naive.replace(tzinfo=self._zone, fold=fold)
            if (
                timestamp.tzname() == name
                and timestamp.astimezone(UTC).astimezone(self._zone).replace(tzinfo=None) == naive
            ):
                return timestamp
        raise UnknownZoneError(f"the time zone {name} is not unique: known are UTC, GMT, Z, and those of {self._zone}")

    def _is_read_alike(self) -> bool:
        """Return True if Polars reads the format as strptime does."""
        literal = [part for part in self._parts if part not in _DIRECTIVES]
        has_fraction = "%f" not in self._parts or ".%f" in self._form
        return has_fraction and not any("%" in part or (part.isspace() and part != " ") for part in literal)

    def _pattern(self, *, is_wide: bool) -> str:
        shape = ""
        for before, part, after in zip(["", *self._parts], self._parts, [*self._parts[1:], ""], strict=False):
            if directive := _DIRECTIVES.get(part):
                is_beside = "%" in before + after
                shape += directive.wide if is_wide else directive.exact if is_beside else directive.loose
            else:
                shape += re.escape(part)
        return f"^{shape}$"


def _in_zone(naive: pl.Expr, zone: ZoneInfo) -> pl.Expr:
    local = naive.dt.replace_time_zone(zone.key, ambiguous="earliest", non_existent="null")
    return local.dt.convert_time_zone("UTC")
