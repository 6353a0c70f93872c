"""One price on a line of both data and voice: every charge is counted once, by a rule of the profile."""

from decimal import Decimal
from pathlib import Path

import pytest

from wingtel.imports.errors import HeaderError, ProfileError

from .reading_cases import CASES, Change, profile_of, read

FILE = "c31_daily_summary_one_price.csv"
ALONE = (5, "charge", "0.3000 is charged without usage; price.of_neither would say for which type")


def rule(text: str) -> Change:
    return ('column = "charge"', f'column = "charge"\n{text}')


def charges(*changes: Change, file: Path | str = FILE) -> tuple[list[tuple[int, str, int, Decimal]], list[object]]:
    records, rejects = read(file, profile_of("c31.toml", *changes), "line", "usage_type", "quantity", "price")
    return sorted(records), rejects


def test_without_a_rule_the_profile_is_refused() -> None:
    with pytest.raises(ProfileError, match=r"^c31\.toml: price\.of_both: missing; a line that is both has one price"):
        profile_of("c31.toml")


@pytest.mark.parametrize(
    ("of_both", "data", "voice"),
    [
        ('"data"', "1.2000", "0"),
        ('"voice"', "0", "1.2000"),
        ('{ data = "0.7", voice = "0.3" }', "0.8400", "0.3600"),
        ('{ data = "0.3333", voice = "0.6667" }', "0.39996", "0.80004"),
    ],
)
def test_a_charge_of_both_goes_where_the_profile_says(of_both: str, data: str, voice: str) -> None:
    records, rejects = charges(rule(f"of_both = {of_both}"))
    assert records == [
        (2, "data", 10_000, Decimal(data)),
        (2, "voice", 300, Decimal(voice)),
        (3, "voice", 300, Decimal("0.7000")),
        (4, "data", 10_000, Decimal("0.5000")),
    ]
    assert sum(price for *_, price in records) == Decimal("2.4000")
    assert rejects == [ALONE]


def test_a_charge_of_neither_is_recorded_where_the_profile_says(tmp_path: Path) -> None:
    for kind in ("data", "voice"):
        records, rejects = charges(rule(f'of_both = "data"\nof_neither = "{kind}"'))
        assert records[-1] == (5, kind, 0, Decimal("0.3000"))
        assert sum(price for *_, price in records) == Decimal("2.7000")
        assert rejects == []
    (tmp_path / "free.csv").write_text((CASES / FILE).read_text().replace("0,0,0.3000", "0,0,0.0"))
    assert charges(rule('of_both = "data"\nof_neither = "voice"'), file=tmp_path / "free.csv")[0][-1][0] == 4


def test_shares_are_rounded_once_and_add_up_to_the_charge(tmp_path: Path) -> None:
    prices = ["0.00000001", "0.00000003", "0.00000005", "9999999999.9999", "1"]
    lines = "".join(f"1,2026-11-20,1,1,{price}\n" for price in prices)
    (tmp_path / "feed.csv").write_text("msisdn,day,mb,minutes,charge\n" + lines)
    records, _ = charges(rule('of_both = { data = "0.5", voice = "0.5" }'), file=tmp_path / "feed.csv")
    data = [price for _, kind, _, price in records if kind == "data"]
    voice = [price for _, kind, _, price in records if kind == "voice"]
    assert data == [Decimal(each) for each in ("0", "0.00000002", "0.00000002", "4999999999.99995", "0.5")]
    assert [one + other for one, other in zip(data, voice, strict=True)] == [Decimal(price) for price in prices]


OWN = ('column = "charge"', 'data = "charge"\nvoice = "tax"')


def test_a_charge_of_its_own_column_is_recorded_also_without_usage(tmp_path: Path) -> None:
    text = (
        "msisdn,day,mb,minutes,charge,tax\n"
        "1,2026-11-20,1,1,0.5,0.25\n1,2026-11-21,0,1,0.5,0.25\n1,2026-11-22,,,0,0.25\n1,2026-11-23,,,,0.00\n"
    )
    (tmp_path / "feed.csv").write_text(text)
    records, rejects = charges(OWN, file=tmp_path / "feed.csv")
    assert records == [
        (2, "data", 1000, Decimal("0.5")),
        (2, "voice", 60, Decimal("0.25")),
        (3, "data", 0, Decimal("0.5")),
        (3, "voice", 60, Decimal("0.25")),
        (4, "voice", 0, Decimal("0.25")),
    ]
    assert rejects == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (rule('of_both = "both"'), "price.of_both: has to be one of data, voice, sms or a table, not 'both'"),
        (rule('of_both = { data = "0.7" }'), "price.of_both.voice: missing; a text is needed"),
        (rule('of_both = { data = "0.7", voice = "0.4" }'), "price.of_both.voice: 0.7 and 0.4 do not add up to 1"),
        (rule('of_both = { data = "-1", voice = "2" }'), "price.of_both.data: '-1' is not a decimal from 0 to 1"),
        (rule('of_both = { data = 0.7, voice = "0.3" }'), "price.of_both.data: has to be a text, not 0.7"),
        (('column = "charge"', 'data = "charge"\nvoice = "charge"'), "price.voice: is the column of data as well"),
        ((OWN[0], OWN[1] + '\nof_neither = "data"'), "price.of_neither: means nothing beside columns for each"),
        (("by_quantity = true", 'constant = "data"'), "price.of_both: means nothing without usage_type.by_quantity"),
    ],
)
def test_a_rule_that_is_none_is_refused_with_the_key(change: Change, message: str) -> None:
    changes = [change] if "price.of_both: means" not in message else [change, rule('of_both = "data"')]
    with pytest.raises(ProfileError) as error:
        profile_of("c31.toml", *changes)
    assert str(error.value).startswith(f"c31.toml: {message}")


def test_one_column_by_name_and_by_position_is_refused() -> None:
    with pytest.raises(HeaderError, match="the prices of data and voice are one column, charge"):
        charges(('column = "charge"', 'data = "charge"\nvoice = 5'))
