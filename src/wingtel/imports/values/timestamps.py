"""Timestamps: when it was used."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import polars as pl

from ..columns import Columns
from ..profile_schema import OPERATOR_ZONE, Moment
from ..timestamp_formats import EPOCHS, FIRST_EPOCH, LAST_EPOCH, TIMESTAMPS, UnknownZoneError, format_of
from .base import Value

FIRST_YEAR, LAST_YEAR = 1970, 2999
"""Years that are believed. Another is a typing error, and would make partitions for it."""


class TimestampValue(Value):
    """The timestamp of a line, read by the first of the profile's formats that fits.

    Without an offset it is in the profile's zone. Of a local time that comes twice, because clocks go back, the first
    is taken; one that does not exist is no timestamp.
    """

    dtype = TIMESTAMPS

    def __init__(self, moment: Moment, columns: Columns, operator_zone: ZoneInfo) -> None:
        super().__init__(columns, moment.columns)
        self._zone = operator_zone if moment.time_zone == OPERATOR_ZONE else ZoneInfo(moment.time_zone)
        self._formats = [format_of(form, self._zone) for form in moment.formats]
        self._misfit = f"is no moment of the form {' or '.join(moment.formats)}"
        if EPOCHS.keys() & set(moment.formats):
            self._misfit += f", which is read from {FIRST_EPOCH.year} to {LAST_EPOCH.year}"

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
            except UnknownZoneError:
                raise
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
    reader = format_of(form, zone)

    def read(text: str) -> datetime:
        try:
            timestamp = reader.read(text)
        except OverflowError as error:
            raise ValueError(text) from error
        return timestamp if timestamp.tzinfo else timestamp.replace(tzinfo=zone)

    return read
