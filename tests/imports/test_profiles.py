"""Profiles: an error names the file and the key."""

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from wingtel.imports import profiles
from wingtel.imports.columns import Columns
from wingtel.imports.errors import ProfileError
from wingtel.imports.profile_schema import DATA_UNITS, DataQuantity, Price, Quantity, VoiceQuantity
from wingtel.imports.values import QuantityValue
from wingtel.imports.values.numbers import Numbers
from wingtel.ingest.batch import Lookup
from wingtel.rating import Rate
from wingtel.usage.models import UsageType

SHIPPED = Path(profiles.__file__).parent / "profiles"


def test_the_shipped_profiles_are_cdr_gen_and_wingtel() -> None:
    assert profiles.shipped() == ["cdr-gen", "wingtel"]


def test_cdr_gen_rates_by_kilobyte_and_second_and_names_subscriptions_by_an_external_id() -> None:
    profile = profiles.find("cdr-gen")
    assert profile.tariff is not None
    assert profile.tariff.rates == {
        UsageType.DATA: (Rate(price=Decimal("0.0005")),),
        UsageType.VOICE: (Rate(price=Decimal("0.0020")),),
    }
    assert (profile.identifier.by, profile.identifier.column) == (Lookup.EXTERNAL_ID, "MSISDN")
    assert profile.usage_types.values["MOC"] is UsageType.VOICE
    assert profile.usage_types.values["SMS-O"] is None


def test_wingtel_reads_the_price_from_its_column() -> None:
    profile = profiles.find("wingtel")
    assert profile.price == Price(column="price")
    assert profile.price_columns == dict.fromkeys(UsageType, "price")
    assert profile.tariff is None


def test_a_profile_is_found_by_its_path(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text((SHIPPED / "wingtel.toml").read_text())
    assert profiles.find(str(tmp_path / "mine.toml")).name == "mine"


def test_an_unknown_profile_names_the_shipped_ones() -> None:
    with pytest.raises(ProfileError, match="'nonsense': it is neither a file nor one of cdr-gen, wingtel"):
        profiles.find("nonsense")


WRONG = [
    ('delimiter = "|"', 'delimiter = "||"', "layout.delimiter: has to be one character of ASCII, not '||'"),
    ('quote = ""', 'quote = "|"', "layout.quote: has to be one character other than the delimiter"),
    ('quote = ""', 'qoute = ""', "layout.qoute: unknown key; known here are "),
    ('quote = ""', "header = false", "layout.columns: missing; a file without header needs the names"),
    ("optional_trailing = 1", "optional_trailing = -1", "layout.optional_trailing: has to be a whole number"),
    (
        "optional_trailing = 1",
        'encoding = "ebcdic"',
        "layout.encoding: has to be one of utf-8, latin-1, cp1252, not 'ebcdic'",
    ),
    ('["Call date", "Call time"]', "[]", "timestamp.columns: has to be a list of column names or positions"),
    ('["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S.%f"]', '["never"]', "timestamp.formats: 'never' is neither"),
    ('time_zone = "UTC"', 'time_zone = "Mars/Base"', "timestamp.time_zone: 'Mars/Base' is neither a zone"),
    ('column = "Usage Type"', "", "usage_type.column: missing"),
    ('voice = ["MOC", "MTC"]', 'voice = ["D"]', "usage_type.voice: 'D' has another meaning already"),
    (
        'unit = "bytes"',
        'unit = "bits"',
        "data.unit: has to be one of bytes, kilobytes, megabytes, gigabytes, not 'bits'",
    ),
    ('unit = "bytes"', 'unit = "bytes"\nkilobyte = 1025', "data.kilobyte: has to be one of 1000, 1024, not 1025"),
    ('"0.0005"', "0.0005", "tariff.data[1].price: has to be a text, not 0.0005"),
    ('"0.0005"', '"-1"', "tariff.data[1].price: '-1' has to be from 0"),
    ('"0.0020"', '"much"', "tariff.voice[1].price: 'much' is not a decimal number"),
    ("[[tariff.data]]", '[price]\ncolumn = "Price"\n[[tariff.data]]', "tariff: there is a price column as well"),
    (
        'by = "external_id"',
        'by = "imei"',
        "subscription.by: has to be one of id, phone_number, imsi, iccid, device_id, external_id, not 'imei'",
    ),
    ('column = "MSISDN"', "column = 0", "subscription.column: has to be a column name, or a position from 1, not 0"),
    ('constant = "att"', "constant = 7", "carrier.constant: has to be a text of 50 characters at most, not 7"),
    (
        "[layout]",
        "[layuot]",
        "layuot: unknown key; known here are carrier, constants, data, description, filter, layout",
    ),
    (
        '[layout]\ndelimiter = "|"\nquote = ""\noptional_trailing',
        "[constants]\n#",
        "layout: missing; a table is needed",
    ),
    ("[layout]", "[constants]\na = 'x'\nb = 1\n[layout]", "constants.b: has to be a text, not 1"),
    ("[layout]", "[values.kind]\na = 'x'\nb = 1.5\n[layout]", "values.kind.b: has to be a text, not 1.5"),
    (
        'constant = "att"',
        'column = "x"\nvalues = { a = "att", b = 7 }',
        "carrier.values.b: has to be a text of 50 characters at most, not 7",
    ),
    ('constant = "att"', "", "carrier.column: missing; a column name, or a position from 1, is needed; or constant"),
    ('skip = ["SMS-O", "SMS-MT"]', 'constant = "data"', "usage_type.column: means nothing beside constant"),
    (
        '["Bytes Rx", "Bytes Tx"]',
        '["Bytes Rx", 1.5]',
        "data.columns: has to be a column name, or a position from 1 or a table, not 1.5",
    ),
    (
        "[[tariff.data]]",
        "[[tariff.data]]\nblok = 2",
        "tariff.data[1].blok: unknown key; known here are block, included",
    ),
    ("[[tariff.data]]", "[[tariff.data]]\nblock = 0", "tariff.data[1].block: has to be a whole number from 1, not 0"),
    (
        "[[tariff.data]]",
        '[[tariff.data]]\nvalid_from = "May"',
        "tariff.data[1].valid_from: has to be a date such as 2026",
    ),
    ('[[tariff.voice]]\nprice = "0.0020" # per second', "", "tariff.voice: missing; a list of tables [[tariff.voice]]"),
    ('"tryfinally/cdr-gen: pipe-separated, rated here"', "5", "description: has to be a text, not 5"),
    ("[carrier]", "[[filter]]\ncolumn = 'x'\nin = 'y'\n[carrier]", "filter[1].in: has to be a list of texts, not 'y'"),
    ("[carrier]", "[[filter]]\ncolumn = 'x'\n[carrier]", "filter[1].in: either in or not_in is needed"),
    ('quote = ""', "header = 1", "layout.header: has to be true or false, not 1"),
    ("[layout]", "[layout", "cdr-gen.toml: "),
]
NDJSON = """
[layout]
format = "ndjson"
[timestamp]
columns = ["usage_date"]
[usage_type]
constant = "data"
[data]
columns = ["quantity"]
unit = "kilobytes"
[price]
column = "price"
[reference]
columns = ["record_id"]
[subscription]
by = "phone_number"
column = "subscription"
[carrier]
constant = "att"
"""


@pytest.mark.parametrize(("right", "wrong", "message"), WRONG)
def test_an_error_in_a_profile_names_the_file_and_the_key(right: str, wrong: str, message: str) -> None:
    text = (SHIPPED / "cdr-gen.toml").read_text()
    assert right in text
    with pytest.raises(ProfileError) as error:
        profiles.parse(text.replace(right, wrong).encode(), source="cdr-gen.toml")
    assert str(error.value).startswith("cdr-gen.toml: ")
    assert message in str(error.value)


POSITIONS = [
    ('columns = ["usage_date"]', "columns = [5]", "timestamp.columns: 5 is a position"),
    ('[reference]\ncolumns = ["record_id"]', "[reference]\ncolumns = [1]", "reference.columns: 1 is a position"),
    ('by = "phone_number"\ncolumn = "subscription"', 'by = "id"\ncolumn = 3', "subscription.column: 3 is a position"),
    ("[carrier]", "[[filter]]\ncolumn = 2\nin = ['x']\n[carrier]", "filter[1].column: 2 is a position"),
]


@pytest.mark.parametrize(("right", "wrong", "message"), POSITIONS)
def test_positions_of_columns_mean_nothing_to_ndjson(right: str, wrong: str, message: str) -> None:
    text = NDJSON.replace(right, wrong)
    assert text != NDJSON
    with pytest.raises(ProfileError) as error:
        profiles.parse(text.encode(), source="mine.toml")
    assert str(error.value) == f"mine.toml: {message}, which columns of this format do not have; say the name"


@pytest.mark.parametrize(
    ("unit", "kilobyte", "texts", "amount"),
    [
        ("bytes", 1000, ["1", "1000"], 2),
        ("bytes", 1024, ["1024", "0"], 1),
        ("bytes", 1000, ["0"], 0),
        ("kilobytes", 1000, ["1.0001"], 2),
        ("megabytes", 1000, ["0.1", "0.2"], 300),
        ("megabytes", 1024, ["1.5"], 1536),
        ("gigabytes", 1000, ["0.0000001"], 1),
        ("minutes", 1000, ["1.5"], 90),
        ("minutes", 1000, ["0.01"], 1),
        ("seconds", 1000, ["0.30000000000000000000000000001", "0.7"], 2),
    ],
)
def test_units_are_converted_exactly_and_rounded_up(unit: str, kilobyte: int, texts: list[str], amount: int) -> None:
    columns = ("q",) * len(texts)
    quantity: Quantity = VoiceQuantity(columns=columns, unit=unit)  # type: ignore[arg-type] # one of the literals
    if unit in DATA_UNITS:
        quantity = DataQuantity(columns=columns, unit=unit, kilobyte=kilobyte)  # type: ignore[arg-type] # as above
    assert QuantityValue(quantity, Columns(["q"]), Numbers()).read(*texts) == amount


def test_a_gigabyte_is_the_square_of_1024_kilobytes_where_the_profile_says_1024() -> None:
    assert DataQuantity(columns=("q",), unit="gigabytes", kilobyte=1024).factor == Fraction(1048576)
