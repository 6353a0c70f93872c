"""Timestamps: when it was used."""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from ..columns import Columns
from ..profile_schema import EPOCHS, ISO_8601, OPERATOR_ZONE, Moment
from .base import Value, fitting

FIRST_YEAR, LAST_YEAR = 1970, 2999
"""Years that are believed. Another is a typing error, and would make partitions for it."""
TIMESTAMPS = pl.Datetime("us", "UTC")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_YEAR = "(?:19[89]|2[0-8][0-9])[0-9]"
"""A year that is believed in any zone."""


class TimestampValue(Value):
    """The timestamp of a line, read by the first of the profile's formats that fits.

    Without an offset it is in the profile's zone. Of a local time that comes twice, because clocks go back, the first
    is taken; one that does not exist is no timestamp.
    """

    dtype = TIMESTAMPS

    def __init__(self, moment: Moment, columns: Columns, operator_zone: ZoneInfo) -> None:
        super().__init__(columns, moment.columns)
        zone = operator_zone if moment.time_zone == OPERATOR_ZONE else ZoneInfo(moment.time_zone)
        self._zone = zone
        self._formats = [_format_of(form, zone) for form in moment.formats]
        self._misfit = f"is no moment of the form {' or '.join(moment.formats)}"

    def expressions(self) -> Iterator[pl.Expr]:
        """Read what one format fits, unless an earlier one might."""
        text = pl.concat_str(self.texts, separator=" ") if len(self.texts) > 1 else pl.col(self.texts)
        earlier: list[str] = []
        for form in self._formats:
            if not form.shape:
                return
            unread = text
            for shape in earlier:
                unread = pl.when(~unread.str.contains(shape)).then(unread)
            yield from form.expressions(unread)
            earlier.append(form.shape)

    def read(self, *texts: str) -> datetime:
        """Read any."""
        text = " ".join(texts).strip()
        for form in self._formats:
            try:
                moment = form.read(text)
                break
            except (ValueError, OverflowError):
                continue
        else:
            raise ValueError(f"{text!r} {self._misfit}" if text else "empty")
        if not FIRST_YEAR <= moment.year <= LAST_YEAR:
            raise ValueError(f"the year of {text!r} is not between {FIRST_YEAR} and {LAST_YEAR}")
        return (moment if moment.tzinfo else self._local(moment)).astimezone(UTC)

    def _local(self, naive: datetime) -> datetime:
        moment = naive.replace(tzinfo=self._zone)
        if moment.astimezone(UTC).astimezone(self._zone).replace(tzinfo=None) != naive:
            raise ValueError(f"{naive} does not exist in {self._zone.key}: clocks go forward over it")
        return moment


def timestamp_reader(form: str, zone: ZoneInfo) -> Callable[[str], datetime]:
    """Return a function that reads texts of one format, in `zone` where they have no offset; it raises ValueError."""
    reader = _format_of(form, zone)

    def read(text: str) -> datetime:
        try:
            timestamp = reader.read(text)
        except OverflowError as error:
            raise ValueError(text) from error
        return timestamp if timestamp.tzinfo else timestamp.replace(tzinfo=zone)

    return read


class _Format(ABC):
    """A way to write a timestamp. `shape` is a pattern of all texts that it may fit, "" when there is none."""

    shape: str

    @abstractmethod
    def expressions(self, text: pl.Expr) -> Iterator[pl.Expr]:
        """Return expressions that read the commonest texts."""

    @abstractmethod
    def read(self, text: str) -> datetime:
        """Return a timestamp, without a zone where the text has none. Raises ValueError or OverflowError."""


def _format_of(form: str, zone: ZoneInfo) -> _Format:
    if form == ISO_8601:
        return _Iso(zone)
    return _Epoch(EPOCHS[form]) if form in EPOCHS else _Directives(form, zone)


class _Iso(_Format):
    shape = "^[0-9]{4}(?:-|W|[0-9]{4}).*[T ]"
    _date_and_time = f"^{_YEAR}-[0-9]{{2}}-[0-9]{{2}}{{between}}[0-9]{{2}}:[0-9]{{2}}:[0-5][0-9]"

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone

    def expressions(self, text: pl.Expr) -> Iterator[pl.Expr]:
        for between in "T ":
            shape, form = self._date_and_time.replace("{between}", between), f"%Y-%m-%d{between}%H:%M:%S"
            with_offset = fitting(text, shape + "(?:Z|[+-][01][0-9]:[0-5][0-9])$")
            yield with_offset.str.to_datetime(form + "%#z", time_unit="us", strict=False)
            yield _in_zone(fitting(text, shape + "$"), form, self._zone)

    def read(self, text: str) -> datetime:
        if "T" not in text and " " not in text:
            raise ValueError("a date without a time")
        return datetime.fromisoformat(text)


class _Epoch(_Format):
    shape = "^[0-9]{1,15}$"

    def __init__(self, microseconds: int) -> None:
        self._microseconds = microseconds

    def expressions(self, text: pl.Expr) -> Iterator[pl.Expr]:
        number = fitting(text, self.shape).cast(pl.Int64, strict=False)
        last = (datetime(LAST_YEAR, 1, 1, tzinfo=UTC) - _EPOCH) // timedelta(microseconds=self._microseconds)
        yield (pl.when(number <= last).then(number) * self._microseconds).cast(TIMESTAMPS)

    def read(self, text: str) -> datetime:
        if not re.fullmatch(self.shape, text):
            raise ValueError("no whole number")
        return _EPOCH + timedelta(microseconds=int(text) * self._microseconds)


class _Directives(_Format):
    """A format of strptime; it has a shape, and an expression, where Python and Polars read its directives alike."""

    _directives = {
        "%Y": ("[0-9]{4}", "[0-9]{4}"),
        "%m": ("[0-9]{2}", "[0-9]{1,2}"),
        "%d": ("[0-9]{2}", "[0-9]{1,2}"),
        "%H": ("[0-9]{2}", "[0-9]{1,2}"),
        "%M": ("[0-9]{2}", "[0-9]{1,2}"),
        "%S": ("[0-5][0-9]", "[0-5]?[0-9]"),
    }
    """What each may look like beside another directive, and by itself."""

    def __init__(self, form: str, zone: ZoneInfo) -> None:
        self._form = form
        self._zone = zone
        self.shape = self._shape()

    def expressions(self, text: pl.Expr) -> Iterator[pl.Expr]:
        yield _in_zone(fitting(text, self.shape.replace("[0-9]{4}", _YEAR)), self._form, self._zone)

    def read(self, text: str) -> datetime:
        return datetime.strptime(text, self._form)  # noqa: DTZ007 - the caller adds the zone

    def _shape(self) -> str:
        parts = re.findall("%.|[^%]", self._form, re.DOTALL)
        shape = ""
        for before, part, after in zip(["", *parts], parts, [*parts[1:], ""], strict=False):
            if part in self._directives:
                exact, loose = self._directives[part]
                shape += exact if "%" in before + after else loose
            elif part.startswith("%") or (part.isspace() and part != " "):
                return ""
            else:
                shape += re.escape(part)
        is_read_alike = "%Y" in parts and all(parts.count(directive) <= 1 for directive in self._directives)
        return f"^{shape}$" if is_read_alike else ""


def _in_zone(text: pl.Expr, form: str, zone: ZoneInfo) -> pl.Expr:
    naive = text.str.to_datetime(form, time_unit="us", strict=False)
    there = naive.dt.replace_time_zone(zone.key, ambiguous="earliest", non_existent="null")
    return there.dt.convert_time_zone("UTC")
