"""Carriers by their code, as the database knows them; each process remembers them for a few seconds."""

import time
from collections.abc import Collection, Iterable, Mapping

from .identifiers import Kind, normalise
from .models import Carrier

_REMEMBERED_SECONDS = 10


class UnknownCarrierError(ValueError):
    """Raised for a code that no carrier has; the message lists those there are."""

    def __init__(self, code: str) -> None:
        super().__init__(f"there is no carrier {code!r}; the carriers are {', '.join(sorted(countries()))}")


class _Known:
    countries: Mapping[str, str] = {}
    until = 0.0


def countries() -> Mapping[str, str]:
    """Return the country (ISO 3166 alpha-2) of each carrier, by its code."""
    if time.monotonic() >= _Known.until:
        _Known.countries = dict(Carrier.objects.values_list("code", "country"))
        _Known.until = time.monotonic() + _REMEMBERED_SECONDS
    return _Known.countries


def forget() -> None:
    """Ask the database again next time."""
    _Known.until = 0.0


def known(codes: Iterable[str]) -> Collection[str]:
    """Return the codes of all carriers; one of `codes` that was created just now is among them."""
    if not countries().keys() >= set(codes) - {""}:
        forget()
    return countries().keys()


def check(code: str) -> str:
    """Return a carrier's code. Raises UnknownCarrierError."""
    if code not in known([code]):
        raise UnknownCarrierError(code)
    return code


def forms_of(kind: Kind, text: str) -> list[str]:
    """Return the normal forms that an identifier can have: a national number may be of any carrier's country.

    Raises ValueError, whose message is the reason, for what is no identifier of its kind.
    """
    found, reason = set(), ""
    for country in {*countries().values()} or {""}:
        try:
            found.add(normalise(kind, text, country))
        except ValueError as error:
            reason = str(error)
    if not found:
        raise ValueError(reason)
    return sorted(found)


def country_of(code: str | None) -> str:
    """Return the country of a carrier, whose national numbers it writes without a calling code.

    Without a carrier it is the country of all carriers, "" where they have several.
    """
    found = countries()
    if code and code in found:
        return found[code]
    one, *others = {*found.values()} or {""}
    return "" if others else one
