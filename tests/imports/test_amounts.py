"""Quantities and prices: marks in numbers, durations, weights."""

from decimal import Decimal

import pytest

from wingtel.imports.columns import Columns
from wingtel.imports.errors import ProfileError
from wingtel.imports.profile_schema import DataQuantity, NumberForm, VoiceQuantity, Weighted
from wingtel.imports.values import PriceValue, QuantityValue
from wingtel.imports.values.numbers import Numbers

from .reading_cases import profile_of, read

GERMAN = ("[timestamp]", '[numbers]\ndecimal = ","\nthousands = "."\n[timestamp]')


def test_decimal_and_thousands_marks_are_those_of_the_profile() -> None:
    records, rejects = read("c12_decimal_comma.csv", profile_of("c12.toml", GERMAN), "quantity", "price")
    assert records == [(90, Decimal("0.1500")), (74_070, Decimal(1000)), (90_000, Decimal(1500))]
    assert rejects == []


def test_without_marks_a_number_with_a_comma_is_rejected() -> None:
    _, rejects = read("c12_decimal_comma.csv", profile_of("c12.toml"), "quantity")
    assert rejects == [(2, "minutes", "'1,5' is not a number"), (3, "minutes", "'1.234,5' is not a number")]


def marked(decimal: str, thousands: str) -> Numbers:
    return Numbers(NumberForm(decimal=decimal, thousands=thousands))  # type: ignore[arg-type] # some of the literals


@pytest.mark.parametrize(
    ("decimal", "thousands", "text", "number"),
    [
        (",", ".", "1.234.567,89", "1234567.89"),
        (",", "", "1234,5", "1234.5"),
        (".", ",", "1,234,567", "1234567"),
        (".", "'", "12'345.5", "12345.5"),
        (",", "\u202f", "1\u202f000,5", "1000.5"),
        (".", " ", "999", "999"),
        (",", ".", "1234567", "1234567"),
    ],
)
def test_marked_numbers_are_read_exactly(decimal: str, thousands: str, text: str, number: str) -> None:
    assert marked(decimal, thousands).read(text) == Decimal(number)


@pytest.mark.parametrize(
    ("decimal", "thousands", "text"),
    [
        (",", ".", "1.5"),
        (",", ".", "1.50"),
        (",", ".", "12.34.567"),
        (",", ".", "1,234.5"),
        (",", ".", "1234.567"),
        (",", ".", ".500"),
        (",", "", "1.5"),
        (".", ",", "1,5"),
        (".", ",", "1,23,456"),
        (".", "", "1 000"),
    ],
)
def test_a_number_whose_marks_are_elsewhere_is_none(decimal: str, thousands: str, text: str) -> None:
    with pytest.raises(ValueError, match="is not a number"):
        marked(decimal, thousands).read(text)


@pytest.mark.parametrize("marks", ['decimal = ";"', 'thousands = "x"', 'decimal = ","\nthousands = ","'])
def test_marks_that_are_none_are_refused_with_the_key(marks: str) -> None:
    with pytest.raises(ProfileError, match=r"^c12\.toml: numbers\.(decimal|thousands): "):
        profile_of("c12.toml", ("[timestamp]", f"[numbers]\n{marks}\n[timestamp]"))


def test_durations_are_hours_minutes_and_seconds() -> None:
    profile = profile_of("c02.toml", ('"seconds"', '"hh:mm:ss"'))
    records, rejects = read("c02_hhmmss.csv", profile, "quantity")
    assert (records, rejects) == ([490, 28, 65], [])


@pytest.mark.parametrize(
    ("unit", "text", "seconds"),
    [
        ("hh:mm:ss", "00:08:10", 490),
        ("hh:mm:ss", "100:00:00", 360_000),
        ("hh:mm:ss", "0:0:5", 5),
        ("hh:mm:ss", "1:05", 65),
        ("hh:mm:ss", "00:00:00.001", 1),
        ("mm:ss", "90:05", 5405),
        ("mm:ss", "1:05,9", 66),
        ("milliseconds", "20500", 21),
        ("milliseconds", "999.5", 1),
        ("milliseconds", "1000", 1),
    ],
)
def test_a_duration_is_read_exactly_and_rounded_up(unit: str, text: str, seconds: int) -> None:
    quantity = VoiceQuantity(columns=("d",), unit=unit)  # type: ignore[arg-type] # one of the literals
    assert QuantityValue(quantity, Columns(["d"]), Numbers()).read(text) == seconds


@pytest.mark.parametrize(
    ("unit", "text"),
    [
        *(("hh:mm:ss", text) for text in ("490", "1:60:00", "0:00:60", "-0:00:10", "1:2:3:4")),
        *(("mm:ss", text) for text in ("00:08:10", "1:60", "1 : 05", "٣:05")),
    ],
)
def test_what_is_no_duration_is_said_with_the_unit(unit: str, text: str) -> None:
    quantity = VoiceQuantity(columns=("d",), unit=unit)  # type: ignore[arg-type] # one of the literals
    with pytest.raises(ValueError, match=f"is not a duration of the form {unit}"):
        QuantityValue(quantity, Columns(["d"]), Numbers()).read(text)


def test_milliseconds_are_rounded_up_to_seconds() -> None:
    records, rejects = read("c03_ms.ndjson", profile_of("c03.toml"), "quantity")
    assert (records, rejects) == ([21, 1], [])


OCTETS = """["in_octets", "out_octets", { column = "in_gigawords", weight = 4294967296 },
    { column = "out_gigawords", weight = 4294967296 }]"""


def test_columns_are_weighted() -> None:
    profile = profile_of("c04.toml", ('["in_octets","out_octets"]', OCTETS))
    records, rejects = read("c04_gigawords.csv", profile, "line", "quantity")
    assert (records, rejects) == ([(2, 21_475_839)], [])


def test_a_weighted_sum_is_exact_and_told_when_it_is_too_large() -> None:
    columns = ("low", Weighted(column="high", weight=2**32))
    value = QuantityValue(DataQuantity(columns=columns, unit="bytes"), Columns(["low", "high"]), Numbers())
    assert value.read("4294967295", "200000000") == -(-(2 * 10**8 * 2**32 + 2**32 - 1) // 1000)
    assert value.label == "low, high"
    with pytest.raises(ValueError, match="is more than"):
        value.read("0", "9" * 19)


@pytest.mark.parametrize("weight", ["0", "1.5", "1099511627777", '"2"'])
def test_a_weight_that_is_none_is_refused_with_the_key(weight: str) -> None:
    with pytest.raises(ProfileError, match=r"data\.columns\[1\]\.weight: has to be a whole number from 1 to 2"):
        profile_of("c04.toml", ('"in_octets"', f"{{ column = 'in_octets', weight = {weight} }}"))


def test_a_price_has_the_marks_of_the_profile() -> None:
    value = PriceValue("price", Columns(["price"]), marked(",", "."))
    assert value.read("1.234,5678") == Decimal("1234.5678")
    with pytest.raises(ValueError, match="has more than 8 decimals"):
        value.read("0,000000005")
