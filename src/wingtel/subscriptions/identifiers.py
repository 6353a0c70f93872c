"""Normal forms of the identifiers by which usage records refer to a subscription.

A number is one that can be international (ITU-T E.164): 7 to 15 digits with the calling code, + in front. It need not
be assigned in its country's numbering plan, since carriers use test and service ranges. The plan only decides how
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
        """Name of the kind within a sentence."""
        return self.label if self.label.isupper() else self.label.lower()


LONGEST = 100
"""Longest text of an identifier, in characters."""


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
_MAX_SHOWN_LENGTH = 60
_TYPES = (
    *("fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost"),
    *("personal_number", "voip", "pager", "uan", "voicemail"),
)


def validate_country(code: str) -> None:
    """Raise Django's ValidationError for the code of a country that has no numbers of its own."""
    if code not in phonenumbers.SUPPORTED_REGIONS:
        raise ValidationError(f"{code!r} is not a country: its two letters in ISO 3166, such as US")


def normalise(kind: Kind, text: str, country: str) -> str:
    """Return the normal form of an identifier.

    `country` (ISO 3166 alpha-2) is the one whose national numbers are written without a calling code; with "" these are
    no numbers. Raises ValueError, whose message is the reason, for a text that is no identifier of its kind.
    """
    form = _FORMS[kind]
    match = re.fullmatch(form.pattern, re.sub(form.separators, "", text))
    value = match and (_number(match[1], country) if kind is Kind.MSISDN else match[1])
    if not value:
        raise ValueError(_reason(kind, text))
    return value


def normalise_many(kind: Kind, texts: pl.Series, country: str) -> tuple[pl.Series, pl.Series]:
    """Return the normal forms of distinct texts, and the reasons where there is none; one of both is null.

    The result is that of `normalise`, for a column at a time. Numbers that are valid in `country` are read by patterns;
    only the others are parsed one by one, for 50 microseconds each.
    """
    form = _FORMS[kind]
    bare = texts.cast(pl.String).str.replace_all(form.separators, "")
    values = bare.str.extract(form.pattern, 1)
    if kind is Kind.MSISDN:
        values = _numbers(values, country)
    invalid = values.is_null()
    reasons = pl.Series(
        "reasons",
        [_reason(kind, text) if is_invalid else None for text, is_invalid in zip(texts, invalid, strict=True)]
        if invalid.any()
        else [None] * len(texts),
        pl.String,
    )
    return values.alias("values"), reasons


def _reason(kind: Kind, text: str | None) -> str:
    shown = "" if text is None else text
    shown = shown if len(shown) <= _MAX_SHOWN_LENGTH else f"{shown[:_MAX_SHOWN_LENGTH]}…"
    return f"{shown!r} is not a valid {kind.words}: {_FORMS[kind].rule}"


def _numbers(bare: pl.Series, country: str) -> pl.Series:
    """Return the normal form of numbers without separators, null where there is none."""
    if country not in phonenumbers.SUPPORTED_REGIONS:
        return pl.Series([text and _number(text, country) for text in bare], dtype=pl.String)
    patterns = _patterns(country)
    dialled = bare.set(bare.str.starts_with(patterns.calling_code).fill_null(value=False), None)
    national = bare.str.extract(patterns.international, 1).fill_null(dialled.str.extract(patterns.national, 1))
    if patterns.prefix:  # numbers that may begin with a trunk prefix are parsed
        national = national.set(national.str.contains(patterns.prefix).fill_null(value=False), None)
    numbers = ("+" + patterns.calling_code + national).str.extract(_INTERNATIONAL, 0)
    unread = numbers.is_null() & bare.is_not_null()
    if not unread.any():
        return numbers
    parsed = pl.Series([_number(text, country) for text in bare.filter(unread)], dtype=pl.String)
    return numbers.scatter(unread.arg_true(), parsed)


class _Patterns(NamedTuple):
    """Patterns of the numbers that are valid in a country and need no parsing; the first group is the national one."""

    calling_code: str
    international: str
    national: str
    prefix: str


@cache
def _patterns(country: str) -> _Patterns:
    metadata = PhoneMetadata.metadata_for_region(country)
    assert metadata is not None  # noqa: S101 - it is one of SUPPORTED_REGIONS
    types = (getattr(metadata, name) for name in _TYPES)
    valid = "|".join(each.national_number_pattern for each in types if each and each.national_number_pattern)
    code, prefix = str(metadata.country_code), metadata.national_prefix_for_parsing
    return _Patterns(code, rf"^(?:\+|00)?{code}({valid})$", rf"^({valid})$", f"^(?:{prefix})" if prefix else "")


def _number(written: str, country: str) -> str | None:
    """Return digits, perhaps after a +, in E.164; None if they are no number."""
    if written.startswith(("+", "00")):
        return _international(f"+{written.removeprefix('+').removeprefix('00')}")
    readings = list(_readings(written, country))
    for accepts in (phonenumbers.is_valid_number, phonenumbers.is_possible_number):
        for number in readings:
            if accepts(number):
                return _if_international(phonenumbers.format_number(number, PhoneNumberFormat.E164))
    return _international(f"+{written}")


def _readings(digits: str, country: str) -> Iterator[PhoneNumber]:
    """Yield the possible meanings of digits, the likeliest first.

    They are a number with the country's own calling code, one dialled within the country, one with another calling
    code.
    """
    abroad, at_home = (f"+{digits}", None), (digits, country)
    has_own_code = digits.startswith(str(phonenumbers.country_code_for_region(country)))
    for text, region in (abroad, at_home) if has_own_code else (at_home, abroad):
        try:
            yield phonenumbers.parse(text, region)
        except NumberParseException:
            continue


def _international(written: str) -> str | None:
    """Return a number with its calling code in E.164.

    A trunk prefix behind the code is removed if the rest is valid.
    """
    try:
        parsed = phonenumbers.parse(written)
    except NumberParseException:  # such as a calling code that no country has
        return _if_international(written)
    if phonenumbers.is_valid_number(parsed):
        return phonenumbers.format_number(parsed, PhoneNumberFormat.E164)
    return _if_international(written)


def _if_international(number: str) -> str | None:
    return number if re.fullmatch(_INTERNATIONAL, number) else None
