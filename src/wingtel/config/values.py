"""Kinds of values of environment variables, each with its rule in words and the parser that enforces it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parseaddr
from ipaddress import ip_address
from pathlib import Path
from typing import Generic, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from .watches import parse_watches

_OF_2026 = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY
COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR
ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK
MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF
SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU
UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
"""

CURRENCIES = frozenset(_OF_2026.split())


T = TypeVar("T")
N = TypeVar("N", int, float)

_TRUE, _FALSE = ("1", "true", "yes"), ("0", "false", "no")
_WHOLE_NUMBER, _NUMBER = re.compile(r"[0-9]+"), re.compile(r"[0-9]*\.?[0-9]+")
_HOST = re.compile(r"\*|\.?[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\]")


@dataclass(frozen=True)
class Kind(Generic[T]):
    """A kind of values that follow a rule. `parse` raises ValueError, with the rule, for a text that breaks it."""

    rule: str
    parse: Callable[[str], T]


def kind(rule: str, convert: Callable[[str], T], *, secret: bool = False) -> Kind[T]:
    """Return the kind of values that `convert` accepts without ValueError. The message hides a secret value."""

    def parse(text: str) -> T:
        try:
            return convert(text)
        except ValueError:
            shown = "its value, which is not shown here," if secret else repr(text)
            raise ValueError(f"{shown} is not {rule}") from None

    return Kind(rule, parse)


def whole_number(least: int, most: int) -> Kind[int]:
    """Return the kind of whole numbers from `least` to `most`, written in plain digits."""
    return kind(f"a whole number from {least} to {most}", _between(least, most, _WHOLE_NUMBER, int))


def number(least: float, most: float) -> Kind[float]:
    """Return the kind of numbers from `least` to `most`, written in plain digits."""
    return kind(f"a number from {least:g} to {most:g}", _between(least, most, _NUMBER, float))


def _between(least: N, most: N, digits: re.Pattern[str], read: Callable[[str], N]) -> Callable[[str], N]:
    def convert(text: str) -> N:
        _require(digits.fullmatch(text))
        _require(least <= read(text) <= most)
        return read(text)

    return convert


def one_of(*choices: str) -> Kind[str]:
    """Return the kind of a few words, in upper or lower case."""
    by_word = {choice.lower(): choice for choice in choices}

    def convert(text: str) -> str:
        _require(text.lower() in by_word)
        return by_word[text.lower()]

    return kind(f"{', '.join(choices[:-1])} or {choices[-1]}", convert)


def url(*schemes: str) -> Kind[str]:
    """Return the kind of server URLs. They may contain a password, so the message hides them."""

    def convert(text: str) -> str:
        parts = urlsplit(text)
        _require("://" in text and parts.scheme in schemes)
        _ = parts.port  # raises ValueError unless it is a number from 0 to 65535
        return text

    prefixes = " or ".join(f"{scheme}://" for scheme in schemes)
    return kind(f"an address that begins with {prefixes}", convert, secret=True)


def several(rule: str, of: Kind[T], separator: str | None) -> Kind[tuple[T, ...]]:
    """Return the kind of lists of another kind. Without a separator, blanks separate."""

    def parse(text: str) -> tuple[T, ...]:
        return tuple(of.parse(part.strip()) for part in text.split(separator) if part.strip())

    return Kind(rule, parse)


def _boolean(text: str) -> bool:
    _require(text.lower() in _TRUE + _FALSE)
    return text.lower() in _TRUE


def _time_zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (KeyError, OSError) as error:  # unknown, or a folder of zones such as Europe
        raise ValueError(text) from error
    return text


def _currency(text: str) -> str:
    _require(text in CURRENCIES)
    return text


def _path(text: str) -> Path:
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError as error:  # the home folder of an unknown account
        raise ValueError(text) from error


def _host(text: str) -> str:
    _require(_HOST.fullmatch(text))
    return text


def _server(text: str) -> str:
    if ":" in text:
        return str(ip_address(text))
    _require("*" not in text and not text.startswith("."))
    return _host(text)


def _origin(text: str) -> str:
    parts = urlsplit(text)
    _require(parts.scheme and parts.hostname and text == f"{parts.scheme}://{parts.netloc}")
    _ = parts.port
    return text


def _email(text: str) -> str:
    try:
        validate_email(text)
    except ValidationError as error:
        raise ValueError(text) from error
    return text


def _sender(text: str) -> str:
    _require(text.isprintable())
    _email(parseaddr(text)[1])
    return text


def _require(condition: object) -> None:
    if not condition:
        raise ValueError


BOOLEAN = kind("1, true or yes, or 0, false or no", _boolean)
TEXT = Kind("text", str)
TIME_ZONE = kind("an IANA time zone, such as Europe/Paris", _time_zone)
CURRENCY = kind("the ISO 4217 code of a currency that people pay in, such as EUR", _currency)
FOLDER = kind("a folder", _path)
FILE = kind("a file", _path)
HOSTS = several("host names, separated by commas", kind("a host name", _host), ",")
SERVER = kind("a host name or IP address, without a port", _server)
ORIGINS = several(
    "origins, separated by blanks", kind("an origin, such as https://app.example.com, without a path", _origin), None
)
EMAILS = several("e-mail addresses, separated by commas", kind("an e-mail address", _email), ",")
SENDER = kind("an e-mail address, such as wingtel@example.com or Wingtel <wingtel@example.com>", _sender)
WATCHES = Kind(
    "PROFILE=FOLDER, with name=NAME and complete=RULE after it, separated by commas, no folder twice", parse_watches
)
