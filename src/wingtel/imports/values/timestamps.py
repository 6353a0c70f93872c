"""Timestamps: the time of usage."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import polars as pl

from ..columns import Columns
from ..profile_schema import OPERATOR_ZONE, Timestamp
from ..timestamp_formats import EPOCHS, FIRST_EPOCH, LAST_EPOCH, TIMESTAMPS, UnknownZoneError, format_of
from .base import Value

FIRST_YEAR, LAST_YEAR = 1970, 2999
"""Years that are accepted. Any other counts as a typing error; it would get partitions of its own."""


class TimestampValue(Value):
    """Timestamp of a line, read by the first of the profile's formats that fits.

    Without an offset it is in the profile's zone. A local time that comes twice, because clocks go back, is the first
    of the two. A local time that does not exist is rejected.
    """

    dtype = TIMESTAMPS

    def __init__(self, timestamp: Timestamp, columns: Columns, operator_zone: ZoneInfo) -> None:
        super().__init__(columns, timestamp.columns)
        self._zone = operator_zone if timestamp.time_zone == OPERATOR_ZONE else ZoneInfo(timestamp.time_zone)
        self._formats = [format_of(form, self._zone) for form in timestamp.formats]
        self._misfit = f"is not a timestamp of the form {' or '.join(timestamp.formats)}"
        if EPOCHS.keys() & set(timestamp.formats):
            self._misfit += f", which is read from {FIRST_EPOCH.year} to {LAST_EPOCH.year}"

    def expressions(self) -> Iterator[pl.Expr]:
        """Yield expressions of each format, for the texts that no earlier format may fit."""
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
        """Return any timestamp, in UTC. Raises ValueError when no format fits, or the year is not accepted."""
        text = " ".join(texts).strip()
        for form in self._formats:
            try:
                timestamp = form.read(text)
                break
            except UnknownZoneError:
                raise
            except (ValueError, OverflowError):
                continue
        else:
            raise ValueError(f"{text!r} {self._misfit}" if text else "empty")
        if not FIRST_YEAR <= timestamp.year <= LAST_YEAR:
            raise ValueError(f"the year of {text!r} is not between {FIRST_YEAR} and {LAST_YEAR}")
        return (timestamp if timestamp.tzinfo else self._local(timestamp)).astimezone(UTC)

    def _local(self, naive: datetime) -> datetime:
        timestamp = naive.replace(tzinfo=self._zone)
        if timestamp.astimezone(UTC).astimezone(self._zone).replace(tzinfo=None) != naive:
            raise ValueError(f"{naive} does not exist in {self._zone.key}: clocks go forward over it")
        return timestamp


def timestamp_reader(form: str, zone: ZoneInfo) -> Callable[[str], datetime]:
    """Return a function that reads texts of one format, in `zone` without an offset. It raises ValueError."""
    reader = format_of(form, zone)

    def read(text: str) -> datetime:
        try:
            timestamp = reader.read(text)
        except OverflowError as error:
            raise ValueError(text) from error
        return timestamp if timestamp.tzinfo else timestamp.replace(tzinfo=zone)

    return read
