"""Normal forms of the identifiers by which usage records name a subscription.

A number is one that can be international (ITU-T E.164): 7 to 15 digits with the calling code, + in front. It need not
be assigned in its country's numbering plan, since carriers use test and service ranges; the plan only decides how
digits without + are read. See docs/subscriptions.md.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import phonenumbers
import polars as pl
from django.core.exceptions import ValidationError
from django.db.models import TextChoices
from phonenumbers import NumberParseException, PhoneMetadata, PhoneNumber, PhoneNumberFormat


class Kind(TextChoices):
    """A kind of identifier."""

    MSISDN = "msisdn", "Phone number"
    IMSI = "imsi", "IMSI"
    ICCID = "iccid", "ICCID"
    DEVICE_ID = "device_id", "Device id"
    EXTERNAL_ID = "external_id", "External id"

    @property
    def words(self) -> str:
        """Its name within a sentence."""
        return self.label if self.label.isupper() else self.label.lower()


LONGEST = 100
"""The most characters in which an identifier may be written."""


class _Form(NamedTuple):
    """Characters that may separate groups, the pattern of the rest (its first group is the value), and the rule."""

    separators: str
    pattern: str
    rule: str


_SEPARATORS = r"[ \u00a0()/-]"
_EDGES = r"^[ \u00a0\t]+|[ \u00a0\t]+$"
_FORMS = {
    Kind.MSISDN: _Form(_SEPARATORS, r"^(\+?[0-9]{4,20})$", "7 to 15 digits with the calling code"),
    Kind.IMSI: _Form(_SEPARATORS, r"^([0-9]{6,15})$", "6 to 15 digits"),
    Kind.ICCID: _Form(_SEPARATORS, r"^([0-9]{18,22})[Ff]?$", "18 to 22 digits"),
    Kind.DEVICE_ID: _Form(_EDGES, r"^([^\x00-\x1f\x7f]{1,40})$", "a text of 1 to 40 characters"),
    Kind.EXTERNAL_ID: _Form(_EDGES, r"^([^\x00-\x1f\x7f]{1,100})$", "a text of 1 to 100 characters"),
}
_INTERNATIONAL = r"^\+[1-9][0-9]{6,14}$"
_LONGEST_ECHO = 60
_TYPES = (
    *("fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost"),
    *("personal_number", "voip", "pager", "uan", "voicemail"),
)


def validate_country(code: str) -> None:
    """Raise Django's ValidationError for the code of a country that has no numbers of its own."""
    if code not in phonenumbers.SUPPORTED_REGIONS:
        raise ValidationError(f"{code!r} is no country: its two letters in ISO 3166, such as US")


def normalise(kind: Kind, text: str, country: str) -> str:
    """Return the normal form of an identifier.

    `country` (ISO 3166 alpha-2) is that whose national numbers are written without a calling code; with "" these are
    no numbers. Raises ValueError, whose message is the reason, for what is no identifier of its kind.
    """
    form = _FORMS[kind]
    found = re.fullmatch(form.pattern, re.sub(form.separators, "", text))
    value = found and (_number(found[1], country) if kind is Kind.MSISDN else found[1])
    if not value:
        raise ValueError(_reason(kind, text))
    return value


def normalise_many(kind: Kind, texts: pl.Series, country: str) -> tuple[pl.Series, pl.Series]:
    """Return the normal forms of distinct texts, and the reasons why there is none; one of both is null.

    It does what `normalise` does, a column at a time. Numbers that are valid in `country` are read by patterns; only
    the others are parsed one by one, for 50 microseconds each.
    """
    form = _FORMS[kind]
    bare = texts.cast(pl.String).str.replace_all(form.separators, "")
    values = bare.str.extract(form.pattern, 1)
    if kind is Kind.MSISDN:
        values = _numbers(values, country)
    wrong = values.is_null()
    reasons = pl.Series(
        "reasons",
        [_reason(kind, text) if is_wrong else None for text, is_wrong in zip(texts, wrong, strict=True)]
        if wrong.any()
        else [None] * len(texts),
        pl.String,
    )
    return values.alias("values"), reasons


def _reason(kind: Kind, text: str | None) -> str:
    shown = "" if text is None else text
    shown = shown if len(shown) <= _LONGEST_ECHO else f"{shown[:_LONGEST_ECHO]}…"
    return f"{shown!r} is no {kind.words}: {_FORMS[kind].rule}"


def _numbers(bare: pl.Series, country: str) -> pl.Series:
    """Return the normal form of numbers without separators, null where there is none."""
    if country not in phonenumbers.SUPPORTED_REGIONS:
        return pl.Series([text and _number(text, country) for text in bare], dtype=pl.String)
    plain = _plain(country)
    dialled = bare.set(bare.str.starts_with(plain.calling_code).fill_null(value=False), None)
    national = bare.str.extract(plain.international, 1).fill_null(dialled.str.extract(plain.national, 1))
    if plain.prefix:  # what might begin with a trunk prefix is parsed
        national = national.set(national.str.contains(plain.prefix).fill_null(value=False), None)
    found = ("+" + plain.calling_code + national).str.extract(_INTERNATIONAL, 0)
    left = found.is_null() & bare.is_not_null()
    if not left.any():
        return found
    parsed = pl.Series([_number(text, country) for text in bare.filter(left)], dtype=pl.String)
    return found.scatter(left.arg_true(), parsed)


class _Plain(NamedTuple):
    """Patterns of the numbers that are valid in a country and need no parsing; the first group is the national one."""

    calling_code: str
    international: str
    national: str
    prefix: str


@cache
def _plain(country: str) -> _Plain:
    metadata = PhoneMetadata.metadata_for_region(country)
    assert metadata is not None  # noqa: S101 - it is one of SUPPORTED_REGIONS
    types = (getattr(metadata, name) for name in _TYPES)
    valid = "|".join(found.national_number_pattern for found in types if found and found.national_number_pattern)
    code, prefix = str(metadata.country_code), metadata.national_prefix_for_parsing
    return _Plain(code, rf"^(?:\+|00)?{code}({valid})$", rf"^({valid})$", f"^(?:{prefix})" if prefix else "")


def _number(written: str, country: str) -> str | None:
    """Return digits, perhaps after a +, in E.164; None for what is no number."""
    if written.startswith(("+", "00")):
        return _international(f"+{written.removeprefix('+').removeprefix('00')}")
    readings = list(_readings(written, country))
    for accepts in (phonenumbers.is_valid_number, phonenumbers.is_possible_number):
        for number in readings:
            if accepts(number):
                return _checked(phonenumbers.format_number(number, PhoneNumberFormat.E164))
    return _international(f"+{written}")


def _readings(digits: str, country: str) -> Iterator[PhoneNumber]:
    """Yield what digits can mean, the likeliest first.

    That is a number with the country's own calling code, one dialled within the country, one with another calling code.
    """
    abroad, at_home = (f"+{digits}", None), (digits, country)
    begins_with_own = digits.startswith(str(phonenumbers.country_code_for_region(country)))
    for text, region in (abroad, at_home) if begins_with_own else (at_home, abroad):
        try:
            yield phonenumbers.parse(text, region)
        except NumberParseException:
            continue


def _international(written: str) -> str | None:
    """Return a number with its calling code in E.164; a trunk prefix behind the code goes where the rest is valid."""
    try:
        parsed = phonenumbers.parse(written)
    except NumberParseException:  # such as a calling code that no country has
        return _checked(written)
    if phonenumbers.is_valid_number(parsed):
        return phonenumbers.format_number(parsed, PhoneNumberFormat.E164)
    return _checked(written)


def _checked(number: str) -> str | None:
    return number if re.fullmatch(_INTERNATIONAL, number) else None
