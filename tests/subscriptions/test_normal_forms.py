"""Identifiers get one normal form, text by text and a column at a time, or are rejected with a reason."""

import re

import phonenumbers
import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.rounds import IS_THOROUGH
from wingtel.subscriptions.identifiers import Kind, normalise, normalise_many

COUNTRIES = ["US", "ES", "DE", "IT", "GB", "RU", "AR", "BR", "LT", "JP"]


@pytest.mark.parametrize(
    "text", ["+34688886001", "0034688886001", "34688886001", "688886001", "34 688 886 001", "+34 (688) 886-001"]
)
def test_one_number_in_many_forms_is_one_number(text: str) -> None:
    assert normalise(Kind.MSISDN, text, "ES") == "+34688886001"


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        ("2025550100", "US", "+12025550100"),
        ("12025550100", "US", "+12025550100"),
        ("011442079460000", "US", "+442079460000"),  # as it is dialled there
        ("491510220004", "US", "+491510220004"),
        ("4915112345678", "DE", "+4915112345678"),  # its own calling code, though national numbers may begin with 49
        ("015112345678", "DE", "+4915112345678"),
        ("+44 (0)20 7946 0000", "US", "+442079460000"),
        ("+390612345678", "IT", "+390612345678"),  # where 0 belongs to the number
        ("+15550100", "US", "+15550100"),  # in no numbering plan: a test range
        ("+99912345678", "US", "+99912345678"),
        ("+123456789012345", "US", "+123456789012345"),
    ],
)
def test_digits_are_read_by_the_country(text: str, country: str, number: str) -> None:
    assert normalise(Kind.MSISDN, text, country) == number


@pytest.mark.parametrize(
    "text",
    [
        *("3.46889E+10", "anonymous", "NULL", "491510220004.0", "", "+", "100", "+123456", "+1234567890123456"),
        *("1-800-FLOWERS", "12025550100 ext. 5", "٣٤٦٨٨٨٨٦٠٠١", "+34688+886001", "+0123456789"),
    ],
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a valid phone number: 7 to 15 digits with the calling code$"):
        normalise(Kind.MSISDN, text, "ES")


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Kind.IMSI, "310 150 123456789", "310150123456789"),
        (Kind.IMSI, "001010", "001010"),
        (Kind.ICCID, "8901 2602 3456 7890 123F", "8901260234567890123"),
        (Kind.ICCID, "89012602345678901234", "89012602345678901234"),
        (Kind.DEVICE_ID, " Gärt 1 ", "Gärt 1"),
        (Kind.EXTERNAL_ID, "crm/100" + "x" * 93, "crm/100" + "x" * 93),
    ],
)
def test_other_kinds_have_forms_of_their_own(kind: Kind, text: str, value: str) -> None:
    assert normalise(kind, text, "US") == value


@pytest.mark.parametrize(
    ("kind", "text", "reason"),
    [
        (Kind.IMSI, "2.62E+14", "'2.62E+14' is not a valid IMSI: 6 to 15 digits"),
        (Kind.IMSI, "12345", "'12345' is not a valid IMSI: 6 to 15 digits"),
        (Kind.ICCID, "8901", "'8901' is not a valid ICCID: 18 to 22 digits"),
        (Kind.DEVICE_ID, "  ", "'  ' is not a valid device id: a text of 1 to 40 characters"),
        (Kind.DEVICE_ID, "x" * 41, f"'{'x' * 41}' is not a valid device id: a text of 1 to 40 characters"),
        (Kind.EXTERNAL_ID, "a\0b", r"'a\x00b' is not a valid external id: a text of 1 to 100 characters"),
        (Kind.EXTERNAL_ID, "y" * 101, f"'{'y' * 60}…' is not a valid external id: a text of 1 to 100 characters"),
    ],
)
def test_what_is_no_identifier_is_refused_with_the_rule(kind: Kind, text: str, reason: str) -> None:
    with pytest.raises(ValueError) as rejected:  # noqa: PT011 - compared whole
        normalise(kind, text, "US")
    assert str(rejected.value) == reason


def one_by_one(kind: Kind, texts: list[str], country: str) -> list[tuple[str | None, str | None]]:
    results: list[tuple[str | None, str | None]] = []
    for text in texts:
        try:
            results.append((normalise(kind, text, country), None))
        except ValueError as error:
            results.append((None, str(error)))
    return results


def at_once(kind: Kind, texts: list[str], country: str) -> list[tuple[str | None, str | None]]:
    values, reasons = normalise_many(kind, pl.Series(texts, dtype=pl.String), country)
    return list(zip(values, reasons, strict=True))


@pytest.mark.parametrize("country", sorted(phonenumbers.SUPPORTED_REGIONS)[:: 1 if IS_THOROUGH else 5])
def test_a_column_is_read_as_its_texts_are(country: str) -> None:
    """Compare numbers of each type in many countries, and those next to them."""
    texts = []
    for number_type in range(11):
        example = phonenumbers.example_number_for_type(country, number_type)
        if example:
            national, code = phonenumbers.national_significant_number(example), str(example.country_code)
            for near in (national, national[:-1] + "7", national[:-3] + "000", national[:-1], national + "1"):
                texts += [near, code + near, f"+{code}{near}", f"00{code}{near}", f"0{near}", f"8{near}"]
                texts += [f"{code}0{near}", f"+{code} (0){near}"]
    texts = list(dict.fromkeys(texts))

    assert at_once(Kind.MSISDN, texts, country) == one_by_one(Kind.MSISDN, texts, country)


@given(
    texts=st.lists(st.from_regex(r"\A(\+|00|0)?[0-9]{1,16}\Z") | st.text(max_size=20), unique=True, max_size=30),
    country=st.sampled_from(COUNTRIES),
)
def test_any_column_is_read_as_its_texts_are(texts: list[str], country: str) -> None:
    assert at_once(Kind.MSISDN, texts, country) == one_by_one(Kind.MSISDN, texts, country)


@given(texts=st.lists(st.text(max_size=45), unique=True, max_size=30), kind=st.sampled_from(Kind))
def test_columns_of_every_kind_are_read_as_their_texts_are(texts: list[str], kind: Kind) -> None:
    assert at_once(kind, texts, "US") == one_by_one(kind, texts, "US")


@given(st.from_regex(r"\A\+[1-9][0-9]{6,14}\Z"), st.sampled_from(COUNTRIES))
@example("+43000000", "AT")
def test_every_international_number_is_taken(text: str, country: str) -> None:
    assert re.fullmatch(r"\+[1-9][0-9]{6,14}", normalise(Kind.MSISDN, text, country))


@given(st.from_regex(r"\A(\+|00|0)?[0-9]{7,15}\Z"), st.sampled_from(COUNTRIES))
def test_a_normal_form_is_its_own(text: str, country: str) -> None:
    values, _ = normalise_many(Kind.MSISDN, pl.Series([text]), country)
    if values[0] is not None:
        assert normalise(Kind.MSISDN, values[0], country) == values[0]


@pytest.mark.parametrize("country", ["", "XX"])
def test_without_a_country_national_numbers_are_none(country: str) -> None:
    assert at_once(Kind.MSISDN, ["+34688886001", "688886001x", "0034688886001"], country) == [
        ("+34688886001", None),
        (None, "'688886001x' is not a valid phone number: 7 to 15 digits with the calling code"),
        ("+34688886001", None),
    ]
