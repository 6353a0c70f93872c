"""Timestamps: zones in formats, contradictory formats, counts since 1970."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from wingtel.imports import profiles
from wingtel.imports.columns import Columns
from wingtel.imports.errors import ProfileError
from wingtel.imports.profile_schema import Timestamp
from wingtel.imports.values import TimestampValue

from .reading_cases import profile_of, read

PRAGUE = "Europe/Prague"


def test_a_zone_name_in_the_format_is_honoured_and_one_that_is_not_unique_is_rejected_by_name() -> None:
    records, rejects = read("c05_utc_text.csv", profile_of("c05_operator.toml"), "timestamp", "day", zone=PRAGUE)
    assert records == [
        (datetime(2026, 11, 20, 23, 30, tzinfo=UTC), date(2026, 11, 21)),
        (datetime(2026, 11, 21, 12, tzinfo=UTC), date(2026, 11, 21)),
    ]
    reason = "the time zone EST is not unique: known are UTC, GMT, Z, and those of Europe/Prague"
    assert rejects == [(4, "start", reason)]


@pytest.mark.parametrize(("file", "profile"), [("c36_literal_z.csv", "c36z.toml"), ("c36_gmt.csv", "c36g.toml")])
def test_a_literal_z_and_gmt_are_utc(file: str, profile: str) -> None:
    records, rejects = read(file, profile_of(profile), "timestamp", "day", zone=PRAGUE)
    assert records == [(datetime(2026, 11, 20, 23, 30, tzinfo=UTC), date(2026, 11, 21))]
    assert rejects == []


def test_numeric_offsets_are_honoured() -> None:
    records, rejects = read("c05z_numeric_offset.csv", profile_of("c05z.toml"), "timestamp", "day", zone=PRAGUE)
    assert records == [
        (datetime(2026, 11, 20, 23, 30, tzinfo=UTC), date(2026, 11, 21)),
        (datetime(2026, 11, 21, 12, tzinfo=UTC), date(2026, 11, 21)),
        (datetime(2026, 11, 21, 17, tzinfo=UTC), date(2026, 11, 21)),
    ]
    assert records[-1][0].astimezone(ZoneInfo(PRAGUE)).hour == 18
    assert rejects == []


def value_of(*formats: str, zone: str = PRAGUE) -> TimestampValue:
    timestamp = Timestamp(columns=("at",), formats=formats, time_zone=zone)
    return TimestampValue(timestamp, Columns(["at"]), ZoneInfo("UTC"))


@pytest.mark.parametrize(
    ("form", "text", "expected"),
    [
        ("%Y-%m-%d %H:%M %Z", "2026-11-20 12:00 utc", "2026-11-20T12:00"),
        ("%Y-%m-%d %H:%M%Z", "2026-11-20 12:00Z", "2026-11-20T12:00"),
        ("%Z %d %B %Y %H:%M", "GMT 20 November 2026 12:00", "2026-11-20T12:00"),
        ("%Y-%m-%d %H:%M %Z", "2026-07-20 12:00 CEST", "2026-07-20T10:00"),
        ("%Y-%m-%d %H:%M %Z", "2026-11-20 12:00 CET", "2026-11-20T11:00"),
        ("%Y-%m-%d %H:%M %Z", "2026-10-25 02:30 CET", "2026-10-25T01:30"),
        ("%Y-%m-%d %H:%M %Z", "2026-10-25 02:30 CEST", "2026-10-25T00:30"),
        ("%d.%m.%Y %H:%M UTC", "20.11.2026 12:00 UTC", "2026-11-20T12:00"),
        ("%Y%m%d%H%M%SGMT", "20261120120000GMT", "2026-11-20T12:00"),
        ("%Y-%m-%dT%H:%M:%S.%fZ", "2026-11-20T12:00:00.250Z", "2026-11-20T12:00:00.250"),
        ("%Y-%m-%d %H:%M:%S", "2026-11-20 12:00:00", "2026-11-20T11:00"),
        ("%m/%d/%Y %I:%M:%S %p", "11/20/2026 12:30:00 AM", "2026-11-19T23:30"),
        ("%d/%b/%Y:%H:%M:%S %z", "20/Nov/2026:12:00:00 -0500", "2026-11-20T17:00"),
        ("unix", "1795168800", "2026-11-20T10:00"),
        ("unix", "1795168800.123", "2026-11-20T10:00:00.123"),
        ("unix_ms", "1795168800123", "2026-11-20T10:00:00.123"),
        ("unix_ms", "1795168800123.5", "2026-11-20T10:00:00.123500"),
        ("unix_us", "1795168800123456", "2026-11-20T10:00:00.123456"),
        ("unix", "946684800", "2000-01-01T00:00"),
        ("unix", "4102444799.999999", "2099-12-31T23:59:59.999999"),
    ],
)
def test_a_format_reads_a_text_alone_and_in_bulk(form: str, text: str, expected: str) -> None:
    timestamp = datetime.fromisoformat(expected).replace(tzinfo=UTC)
    assert value_of(form).read(text) == timestamp
    table = pl.DataFrame({"f0": [text]})
    found = [table.select(each.alias("found")).item() for each in value_of(form).expressions()]
    assert {each for each in found if each is not None} <= {timestamp}


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("%Y-%m-%d %H:%M %Z", "2026-07-20 12:00 CET"),
        ("%Y-%m-%d %H:%M %Z", "2026-11-20 12:00 IST"),
        ("%Y-%m-%d %H:%M %Z", "2026-11-20 12:00 BST"),
        ("%Y-%m-%d %H:%M %Z", "2026-03-29 02:30 CET"),
        ("%Y-%m-%d %H:%M %Z", "2026-11-20 12:00 UTC+2"),
        ("%Y-%m-%d %H:%M %Z", "2026-11-20 12:00"),
        ("unix", "946684799"),
        ("unix", "4102444800"),
        ("unix", "1795168800123"),
        ("unix", "63962388000"),
        ("unix_ms", "1795168800"),
        ("unix_us", "1795168800123"),
        ("unix_ms", "-1795168800123"),
        ("unix", "1.7951688E9"),
    ],
)
def test_what_does_not_fit_its_format_is_no_timestamp(form: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a timestamp|is not unique"):
        value_of(form).read(text)


def test_counts_since_1970_are_told_apart_by_their_unit() -> None:
    base = datetime(2026, 11, 20, 10, tzinfo=UTC)
    as_given = profile_of("c26ms.toml")
    records, rejects = read("c26_epochs.csv", as_given, "timestamp")
    assert records == [base + timedelta(milliseconds=123)] * 2
    assert [(line, field) for line, field, _ in rejects] == [(4, "start"), (5, "start")]
    assert rejects[0][2] == (
        "'1795168800123456' is not a timestamp of the form unix_ms or unix, which is read from 2000 to 2100"
    )
    with_microseconds = profile_of("c26ms.toml", ('["unix_ms","unix"]', '["unix", "unix_ms", "unix_us"]'))
    records, rejects = read("c26_epochs.csv", with_microseconds, "timestamp")
    assert records == [base + timedelta(microseconds=each) for each in (123000, 123000, 123456)]
    assert [line for line, *_ in rejects] == [5]


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        ("%Y-%m-%d %H:%M %p", "has both %H and %p"),
        ("%Y-%m-%d %I:%M", "has %I without %p"),
        ("%Y-%m-%d %H:%M %I %p", "has both %H and %I"),
        ("%Y-%m-%d %p", "has %p without %I"),
        ("%Y-%m-%d %H:%M:%S %H", "has %H twice"),
        ("%Y-%y-%m-%d", "has both %Y and %y"),
        ("%Y-%m-%b-%d", "has both %m and %b"),
        ("%Y-%j-%d", "has both %d and %j"),
        ("%Y-%m-%d %M:%S", "has %M without %H or %I"),
        ("%Y-%m-%d %H:%S", "has %S without %M"),
        ("%d.%m. %H:%M", "has no year"),
        ("%Y-%m %H:%M", "does not say the day"),
        ("%Y-%m-%d %H:%M:%Q", "has %Q, which is none of %Y %y"),
        ("%Y-%m-%d %", "has %, which is none of %Y %y"),
        ("%c", "has %c, which is none of %Y %y"),
        ("%Y-%m-%d %H:%M %z %Z", "has both %z and %Z"),
        ("%Y-%m-%d %H:%MZ %z", "has two time zones"),
        ("%Y-%m-%d %H:%M:%S EST", "names the time zone EST, which is not unique"),
        ("%Y-%m-%d %H:%M CEST", "names the time zone CEST, which is not unique"),
        ("yesterday", 'is neither "iso8601", "unix", "unix_ms", "unix_us" nor a format such as'),
    ],
)
def test_a_contradictory_format_is_refused_with_the_key(form: str, problem: str) -> None:
    with pytest.raises(ProfileError) as error:
        profile_of("c05z.toml", ("%Y-%m-%d %H:%M:%S %z", form))
    assert str(error.value).startswith(f"c05z.toml: timestamp.formats: {form!r} {problem}")


@pytest.mark.parametrize("form", ["%Y-W%W-%u", "%G-W%V-%u", "%Y%j", "%y%m%d%H%M", "%A %d %B %Y %H.%M Uhr", "%Y-%m-%d"])
def test_other_formats_are_taken(form: str) -> None:
    assert profile_of("c05z.toml", ("%Y-%m-%d %H:%M:%S %z", form)).timestamp.formats == (form,)


def test_cdr_gen_takes_times_with_and_without_fractions(tmp_path: Path) -> None:
    lines = (Path(__file__).parent / "outside-generator.cdr").read_text().splitlines()[:4]
    fields = [line.split("|") for line in lines]
    place = fields[0].index("Call time")
    fields[2][place] += ".250"
    (tmp_path / "feed.cdr").write_text("\n".join(map("|".join, fields)) + "\n")
    profile = profiles.find("cdr-gen")
    whole, _ = read(Path(__file__).parent / "outside-generator.cdr", profile, "line", "timestamp")
    expected = {line: timestamp for line, timestamp in whole if line <= 4}
    records, rejects = read(tmp_path / "feed.cdr", profile, "line", "timestamp")
    assert rejects == []
    assert dict(records) == expected | {3: expected[3] + timedelta(milliseconds=250)}
