"""Reading the moments of a feed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from .profiles import EPOCHS, ISO_8601

FIRST_YEAR, LAST_YEAR = 1970, 2999
"""Years that are believed. Another is a typing error, and would make partitions for it."""


def moment_reader(formats: tuple[str, ...], zone: ZoneInfo) -> Callable[[str], datetime]:
    """A function that reads a moment by the first of `formats` that fits; without an offset it is in `zone`.

    Of a local time that comes twice, because clocks go back, the first is taken. The function raises
    ValueError, with a reason to show, when no format fits, when the local time does not exist, and for a year
    that is not believed.
    """
    readers = [_reader(form) for form in formats]
    is_utc = zone.key in {"UTC", "Etc/UTC"}

    def read(text: str) -> datetime:
        for reader in readers:
            try:
                moment = reader(text)
                break
            except (ValueError, OverflowError):
                continue
        else:
            raise ValueError(_misfit(text, formats))
        if not FIRST_YEAR <= moment.year <= LAST_YEAR:
            raise ValueError(f"the year of {text!r} is not between {FIRST_YEAR} and {LAST_YEAR}")
        if moment.tzinfo is not None:
            return moment
        return moment.replace(tzinfo=UTC) if is_utc else _local(moment, zone)

    return read


def _reader(form: str) -> Callable[[str], datetime]:
    if form == ISO_8601:
        return _read_iso
    if form in EPOCHS:
        return _epoch_reader(EPOCHS[form])
    return lambda text: datetime.strptime(text, form)  # noqa: DTZ007 - the caller adds the zone


def _read_iso(text: str) -> datetime:
    if "T" not in text and " " not in text:
        raise ValueError("a date without a time")
    return datetime.fromisoformat(text)


def _epoch_reader(microseconds: int) -> Callable[[str], datetime]:
    def read(text: str) -> datetime:
        if not (text.isascii() and text.isdecimal() and len(text) <= 15):
            raise ValueError("no whole number")
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(text) * microseconds)

    return read


def _local(naive: datetime, zone: ZoneInfo) -> datetime:
    moment = naive.replace(tzinfo=zone)
    if moment.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != naive:
        raise ValueError(f"{naive} does not exist in {zone.key}: clocks go forward over it")
    return moment


def _misfit(text: str, formats: tuple[str, ...]) -> str:
    if not text:
        return "empty"
    return f"{text!r} is no moment of the form {' or '.join(formats)}"
