"""Carriers by their code, as the database has them; each process caches them for a few seconds."""

import time
from collections.abc import Collection, Iterable, Mapping

from .identifiers import Kind, normalise
from .models import Carrier

_CACHE_SECONDS = 10


class UnknownCarrierError(ValueError):
    """Error for a code that no carrier has; the message lists the carriers."""

    def __init__(self, code: str) -> None:
        super().__init__(f"there is no carrier {code!r}; the carriers are {', '.join(sorted(countries()))}")


class _Cache:
    countries: Mapping[str, str] = {}
    until = 0.0


def countries() -> Mapping[str, str]:
    """Return the country (ISO 3166 alpha-2) of each carrier, by its code."""
    if time.monotonic() >= _Cache.until:
        _Cache.countries = dict(Carrier.objects.values_list("code", "country"))
        _Cache.until = time.monotonic() + _CACHE_SECONDS
    return _Cache.countries


def forget() -> None:
    """Clear the cache, so that the database is read next time."""
    _Cache.until = 0.0


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

    Raises ValueError, whose message is the reason, for a text that is no identifier of its kind.
    """
    forms, reason = set(), ""
    for country in {*countries().values()} or {""}:
        try:
            forms.add(normalise(kind, text, country))
        except ValueError as error:
            reason = str(error)
    if not forms:
        raise ValueError(reason)
    return sorted(forms)


def country_of(code: str | None) -> str:
    """Return the country of a carrier, whose national numbers it writes without a calling code.

    Without a carrier, return the country of all carriers, or "" if they have several.
    """
    by_code = countries()
    if code and code in by_code:
        return by_code[code]
    one, *others = {*by_code.values()} or {""}
    return "" if others else one
