"""Expressions read values in bulk exactly as functions read them row by row."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rounds import rounds
from wingtel.imports import profiles
from wingtel.imports.chunks import ByteRange
from wingtel.imports.fields import LINE, FieldTable, field_names
from wingtel.imports.profile_schema import DATA_UNITS, ROUNDINGS, VOICE_UNITS
from wingtel.imports.profiles import Profile
from wingtel.imports.record_reader import RecordReader

HEADER = ["at", "who", "kind", "up", "down", "talk", "cost", "ref", "part", "network", "status"]
OPERATOR_ZONE = ZoneInfo("America/New_York")
FORMATS = [
    "iso8601",
    "unix",
    "unix_ms",
    "unix_us",
    "%Y-%m-%d %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%Y%m%d%H%M%S",
    "%H:%M %m/%d/%Y",
    "%Y-%m-%dT%H:%M:%S%z",
    "%d/%b/%Y %H:%M:%S",
    "%y%m%d",
    "%Y/%m/%d",
    "%Y-%m-%d %H:%M:%S.%f",
    "%Y-%m-%dT%H:%M:%SZ",
    "%d.%m.%Y %H:%M %Z",
    "%a, %d %b %Y %H:%M:%S %Z",
    "%m/%d/%y %I:%M %p",
]
ZONES = ["operator", "UTC", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe"]
TYPES = [
    'column = "kind"\ndata = ["D", "data"]\nvoice = ["V"]\nskip = ["S"]',
    "by_quantity = true",
    'constant = "data"',
]
MARKS = ["", 'decimal = ","\nthousands = "."', 'thousands = ","', 'decimal = ","', 'thousands = "\'"']
LOOKUPS = ["id", "phone_number", "device_id"]
CARRIERS = ['[carrier]\ncolumn = "network"\n', '[carrier]\nconstant = "att"\n', ""]
REFERENCES = [
    "",
    'columns = ["ref"]',
    'columns = ["ref", "part"]\nseparator = "/"',
    'columns = ["part"]\nprefix = "x-"',
]
PRICES = ['column = "cost"', 'column = "cost"\nround = true', 'data = "cost"\nvoice = "cost"']
PRICES_BY_QUANTITY = [
    'column = "cost"\nof_both = "data"',
    'column = "cost"\nround = true\nof_both = "voice"\nof_neither = "data"',
    'column = "cost"\nof_both = { data = "0.7", voice = "0.3" }\nof_neither = "voice"',
    'data = "cost"\nvoice = "down"',
]
VALUES = ["", '[values.kind]\nmobile = "D"\n[values.up]\nnone = "0"\n']
FILTERS = [
    "",
    '[[filter]]\ncolumn = "status"\nnot_in = ["draft", "test"]\n',
    '[[filter]]\ncolumn = "status"\nin = ["final"]\n',
]


@st.composite
def drawn_profiles(draw: st.DrawFn) -> Profile:
    formats = draw(st.lists(st.sampled_from(FORMATS), min_size=1, max_size=3, unique=True))
    data_columns = draw(st.sampled_from(['["up"]', '["up", "down"]', '["up", {column = "down", weight = 4294967296}]']))
    marks, types = draw(st.sampled_from(MARKS)), draw(st.sampled_from(TYPES))
    text = (
        f"[layout]\n[timestamp]\ncolumns = ['at']\nformats = {formats}\ntime_zone = '{draw(st.sampled_from(ZONES))}'\n"
        f"[usage_type]\n{types}\n"
        f"[data]\ncolumns = {data_columns}\nunit = '{draw(st.sampled_from(DATA_UNITS))}'\n"
        f"kilobyte = {draw(st.sampled_from([1000, 1024]))}\nrounding = '{draw(st.sampled_from(ROUNDINGS))}'\n"
        f"[numbers]\n{marks}\n[voice]\ncolumns = ['talk']\nunit = '{draw(st.sampled_from(VOICE_UNITS))}'\n"
        f"rounding = '{draw(st.sampled_from(ROUNDINGS))}'\n[reference]\n{draw(st.sampled_from(REFERENCES))}\n"
        f"[subscription]\nby = '{draw(st.sampled_from(LOOKUPS))}'\ncolumn = 'who'\n"
    )
    text += f"[price]\n{draw(st.sampled_from(PRICES_BY_QUANTITY if types == TYPES[1] else PRICES))}\n"
    for choices in (CARRIERS, VALUES, FILTERS):
        text += draw(st.sampled_from(choices))
    return profiles.parse(text.encode(), source="drawn.toml")


BLANKS = ["", " ", "\t", "\u00a0", "\x0b", "\x1c", "\u200b"]


def written_timestamps() -> st.SearchStrategy[str]:
    """Draw written timestamps near clock changes, at the ends of the accepted range, and almost right."""
    near = st.sampled_from(
        [
            datetime.fromisoformat("2026-03-29T02:00"),
            datetime.fromisoformat("2026-10-25T02:00"),
            datetime.fromisoformat("2026-03-08T02:00"),
            datetime.fromisoformat("2026-04-05T02:00"),
        ]
    ).flatmap(lambda base: st.builds(lambda minutes: base + timedelta(minutes=minutes), st.integers(-90, 90)))
    timestamps = (
        near
        | st.datetimes(datetime.fromisoformat("1969-12-30T00:00"), datetime.fromisoformat("3000-01-02T00:00"))
        | st.datetimes()
    )
    forms = [
        "%Y-%m-%dT%H:%M:%S",
        "%Y-%m-%d %H:%M:%SZ",
        "%Y-%m-%dT%H:%M:%S+02:00",
        "%Y-%m-%d %H:%M:%S-0330",
        *FORMATS[4:],
    ]
    ordinary = st.builds(lambda timestamp, form: timestamp.strftime(form), timestamps, st.sampled_from(forms))
    odd = st.sampled_from(
        [
            "",
            "2026-03-01",
            "2026-03-01T24:00:00",
            "2026-03-01T23:59:60",
            "2026-03-01T00:00:00-00:00",
            "2026-03-01T00:00:00+19:59",
            "2026-03-01T00:00:00+24:00",
            "2026-03-01T00:00:00.123456789",
            "2026-03-01T00:00:00,5Z",
            "2026-W09-7T00:00",
            "20260301T000000",
            "2026-3-1 0:0:0",
            "1.3.2026 0:00",
            "0:0 3/1/2026",
            "+026-03-01 00:00:00",
            "2026-02-30 00:00:00",
            "٢٠٢٦-03-01 00:00:00",
            "2026-03-01T00:00:00z",
            "2026-03-01T00:00:00.5Z",
            "2026-03-01 00:00:00.123456",
            "1772323200.25",
            "1772323200123.0005",
            "01.03.2026 00:00 CET",
            "01.03.2026 00:00 EST",
            "01.03.2026 00:00 Z",
            "Mon, 01 Mar 2026 00:00:00 GMT",
            "Sun, 01 mar 2026 00:00:00 utc",
        ]
    )
    epochs = st.integers(-10, 10**15).map(str) | st.sampled_from(
        ["00", "1_0", "+5", "32503679999", "32503680000", "9" * 15, "9" * 16]
    )
    return ordinary | odd | epochs


NUMBERS = (
    st.integers(0, 2**63).map(str)
    | st.integers(0, 2000).map(str)
    | st.decimals(0, 10**7, places=4, allow_nan=False).map(str)
    | st.sampled_from(
        [
            "",
            "0",
            "0.0",
            ".0",
            "00",
            "-0",
            "-0.0",
            "+1",
            "1.",
            ".5",
            "1e3",
            "1_0",
            "0x1",
            "inf",
            "NaN",
            "٣",
            "none",
            "9223372036854775807",
            "9223372036854775808",
            "1" * 31,
            "0.5",
            "1.5",
            "2.5",
            "0.00005",
            "0.00015",
            "0.12340000",
            "9999999999.9999",
            "9999999999.99995",
            "10000000000",
            "0.0000001",
            "1.0000005",
            "999999999999.999999",
            "1,5",
            "1.500",
            "1,234",
            "1.234,5",
            "1'234'567.25",
            "12,34",
            "1.23.456",
            "0,00",
            "00:08:10",
            "000:00:28",
            "1:05",
            "1:05.5",
            "1:2:3,25",
            "1:65:00",
            "90:05",
            "1:60",
            "00:00:00",
            "1234567890:00:00",
            "1e3",
        ]
    )
    | st.text("0123456789.-+e", max_size=6)
)
NAMES = st.sampled_from(
    [
        "1",
        "007",
        "100",
        "0" * 18,
        "9" * 18,
        "9223372036854775807",
        "9223372036854775808",
        "٣",
        "-1",
        "+1",
        "a b",
        "é" * 20,
        "1" * 20,
        "1" * 21,
        "d" * 40,
        "d" * 41,
        "",
        "1.0",
    ]
)
ODD_TEXTS = [
    *(written_timestamps(), NAMES, st.sampled_from(["mobile", "d", "", "fax", "S"])),
    *(NUMBERS, NUMBERS, NUMBERS, NUMBERS),
    *(st.sampled_from(["", "x" * 100, "x" * 99, "é" * 60]) | st.text("ab/", max_size=4) for _ in "12"),
    st.sampled_from(["ATT", ""]),
    st.sampled_from(["draft", "test", ""]),
]
ODD = st.one_of(*(st.tuples(st.just(place), texts) for place, texts in enumerate(ODD_TEXTS)))
AMOUNTS = st.sampled_from(["0", "1", "12", "0.5", "1.25", "2.5", "77.001", "1000", "123456789", "0.0005"])
LINES = st.tuples(
    st.datetimes(datetime.fromisoformat("2026-01-01T00:00"), datetime.fromisoformat("2026-12-31T00:00")),
    st.sampled_from([["100", "D"], ["7", "V"], ["007", "data"]]),
    st.tuples(AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS),
    st.lists(ODD, max_size=2),
    st.tuples(st.integers(0, 10), st.sampled_from(BLANKS), st.sampled_from(BLANKS)),
)
Line = tuple[datetime, list[str], tuple[str, ...], list[tuple[int, str]], tuple[int, str, str]]


def texts_of(line: Line, form: str) -> list[str]:
    """Return the fields of a line: right but for some odd ones, with blanks around one of them."""
    timestamp, names, amounts, odd, (place, before, after) = line
    epoch = int(timestamp.replace(tzinfo=UTC).timestamp())
    written = {"iso8601": timestamp.isoformat(), "unix": str(epoch), "unix_ms": str(epoch * 1000 + 7)}
    written["unix_us"] = f"{epoch}000007"
    at = written.get(form) or timestamp.replace(tzinfo=UTC).strftime(form)
    texts = [at, *names, *amounts, "reference", "part", "att", "final"]
    for index, text in odd:
        texts[index] = text
    texts[place] = before + texts[place] + after
    return texts


def field_table(lines: Sequence[Sequence[str]]) -> FieldTable:
    names = field_names(len(HEADER))
    table = pl.DataFrame(lines, schema=dict.fromkeys(names, pl.String), orient="row")
    numbered = table.with_columns(pl.int_range(1, table.height + 1, dtype=pl.Int64).alias(LINE))
    return FieldTable(ByteRange(0, 1, table.height), 1, numbered, lambda numbers: [""] * len(numbers))


@settings(max_examples=rounds(50, thorough=1000), derandomize=True)
@given(profile=drawn_profiles(), drawn=st.lists(LINES, min_size=1, max_size=20))
def test_what_is_read_in_bulk_is_what_is_read_row_by_row(profile: Profile, drawn: list[Line]) -> None:
    lines = [texts_of(line, profile.timestamp.formats[0]) for line in drawn]
    bulk, rows = (
        RecordReader(profile, HEADER, OPERATOR_ZONE, in_bulk=in_bulk).read(field_table(lines))
        for in_bulk in (True, False)
    )
    assert sorted(bulk.records.iter_rows()) == sorted(rows.records.iter_rows())
    assert bulk.rejects == rows.rejects
    assert (bulk.skipped, bulk.lines) == (rows.skipped, rows.lines)
    assert rows.lines == len(lines)
