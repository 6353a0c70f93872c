"""Reading the moments of a feed."""

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from .profiles import ISO_8601

_ISO_SHAPED = "%Y-%m-%d %H:%M:%S"
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
            except ValueError:
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
    if form == _ISO_SHAPED:
        return _read_iso_shaped
    return lambda text: datetime.strptime(text, form)  # noqa: DTZ007 - the caller adds the zone


def _read_iso(text: str) -> datetime:
    if "T" not in text and " " not in text:
        raise ValueError("a date without a time")
    return datetime.fromisoformat(text)


def _read_iso_shaped(text: str) -> datetime:
    """The commonest format without strptime, which takes ten times as long."""
    if len(text) == 19 and text[4] == text[7] == "-" and text[10] == " " and text[13] == text[16] == ":":
        return datetime.fromisoformat(text)
    return datetime.strptime(text, _ISO_SHAPED)  # noqa: DTZ007 - the caller adds the zone


def _local(naive: datetime, zone: ZoneInfo) -> datetime:
    moment = naive.replace(tzinfo=zone)
    if moment.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != naive:
        raise ValueError(f"{naive} does not exist in {zone.key}: clocks go forward over it")
    return moment


def _misfit(text: str, formats: tuple[str, ...]) -> str:
    if not text:
        return "empty"
    return f"{text!r} is no moment of the form {' or '.join(formats)}"
