"""Profile inference from samples: every guess that decides about money is marked."""

import json
import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.command import CommandFailed, outcome
from wingtel.imports import profiles
from wingtel.imports.errors import ProfileError, SourceError
from wingtel.imports.generator import write_feed
from wingtel.imports.inference import infer_profile
from wingtel.imports.service import ImportOptions, import_feed

from .test_commands import run

CASES = Path(__file__).parent / "cases"
OUTSIDE = Path(__file__).parent / "outside-generator.cdr"


class Drafted:
    """A draft profile: its text, the values of its keys, and their lines."""

    def __init__(self, path: Path) -> None:
        inferred = infer_profile(path)
        self.path, self.text, self.unread = path, inferred.text, inferred.unread
        self.tables: dict[str, Any] = tomllib.loads(inferred.text)

    def line(self, table: str, key: str) -> str:
        """Return the line of a key, with its comment."""
        within = re.split(r"(?m)^\[", self.text.partition(f"\n[{table}]")[2])[0]
        (line,) = (line for line in within.splitlines() if line.startswith(f"{key} = "))
        return line

    def is_marked(self, table: str, key: str) -> bool:
        return "# CHECK" in self.line(table, key)


def drafted(name: str) -> Drafted:
    return Drafted(CASES / name)


def of(folder: Path, text: str, name: str = "sample.csv") -> Drafted:
    (folder / name).write_text(text, encoding="utf-8")
    return Drafted(folder / name)


def test_the_subscriber_is_never_the_called_party() -> None:
    draft = drafted("draft_called_number.csv")
    assert draft.tables["subscription"] == {"by": "CHECK", "column": "customer_id"}
    assert draft.is_marked("subscription", "column")
    assert draft.tables["voice"] == {"columns": ["call_duration_seconds"], "unit": "seconds"}
    assert draft.tables["usage_type"] == {"column": "call_type", "voice": ["voice"]}
    assert draft.tables["price"] == {"column": "call_cost"}
    assert draft.unread == ("called_number",)
    with pytest.raises(ProfileError, match=r"subscription\.by: has to be one of"):
        profiles.parse(draft.text.encode(), source="mine.toml")


def test_both_directions_are_added_up() -> None:
    draft = drafted("draft_rx_tx.csv")
    assert draft.tables["data"] == {"columns": ["Bytes Rx", "Bytes Tx"], "unit": "bytes", "kilobyte": 1000}
    assert draft.is_marked("data", "kilobyte")
    assert draft.tables["subscription"] == {"by": "phone_number", "column": "msisdn"}


def test_a_phone_number_is_no_megabytes() -> None:
    draft = drafted("draft_phone_number_as_data.csv")
    assert draft.tables["data"] == {"columns": ["Kilobytes"], "unit": "kilobytes"}
    assert draft.tables["subscription"] == {"by": "phone_number", "column": "Phone Number"}
    assert draft.unread == ()


def test_of_a_3gpp_record_the_served_number_both_volumes_and_no_price_are_taken() -> None:
    draft = drafted("draft_3gpp_charging_id_as_price.csv")
    assert draft.tables["subscription"] == {"by": "phone_number", "column": "servedMSISDN"}
    assert draft.tables["data"]["columns"] == ["dataVolumeUplink", "dataVolumeDownlink"]
    assert draft.is_marked("data", "unit")
    assert "price" not in draft.tables
    assert draft.tables["tariff"] == {"data": [{"price": "0"}]}
    assert 'price = "0" # CHECK' in draft.text
    assert draft.tables["timestamp"] == {"columns": ["recordOpeningTime"], "formats": ["iso8601"]}
    assert draft.unread == ("chargingID",)


def test_of_days_and_months_the_order_that_fits_all_lines_is_taken() -> None:
    draft = drafted("draft_dd_mm_slash.csv")
    assert draft.line("timestamp", "formats") == 'formats = ["%d/%m/%Y %H:%M:%S"]'


def test_where_both_orders_of_day_and_month_fit_the_format_is_marked() -> None:
    draft = drafted("draft_dd_mm_slash_silent.csv")
    assert draft.line("timestamp", "formats") == (
        'formats = ["%d/%m/%Y %H:%M:%S"] # CHECK: %m/%d/%Y %H:%M:%S fits as well'
    )


def test_durations_with_colons_are_hours_minutes_and_seconds(tmp_path: Path) -> None:
    draft = drafted("draft_hhmmss.csv")
    assert draft.tables["voice"] == {"columns": ["duration"], "unit": "hh:mm:ss"}
    assert not draft.is_marked("voice", "unit")
    assert draft.tables["usage_type"] == {"constant": "voice"}
    assert draft.tables["timestamp"]["formats"] == ["%Y/%m/%d %H:%M:%S"]
    assert "the other party on incoming calls" in draft.line("subscription", "column")
    unclear = of(tmp_path, "msisdn,start,duration\n491510000001,2026-11-20T10:00:00Z,08:10\n")
    assert unclear.line("voice", "unit") == 'unit = "hh:mm:ss" # CHECK: read as mm:ss'


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("draft_rx_tx.csv", "data"),
        ("draft_phone_number_as_data.csv", "data"),
        ("draft_dd_mm_slash.csv", "data"),
        ("draft_called_number.csv", "voice"),
        ("draft_hhmmss.csv", "voice"),
    ],
)
def test_a_type_that_the_sample_lacks_has_no_table(name: str, kind: str) -> None:
    assert {"data", "voice"} & drafted(name).tables.keys() == {kind}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name",
    [
        "draft_rx_tx.csv",
        "draft_phone_number_as_data.csv",
        "draft_3gpp_charging_id_as_price.csv",
        "draft_dd_mm_slash.csv",
        "draft_dd_mm_slash_silent.csv",
    ],
)
def test_a_draft_with_nothing_left_to_fill_in_passes_the_check(name: str, tmp_path: Path) -> None:
    run("feeds", "new", CASES / name, "--output", tmp_path / "mine.toml")
    check = ("feeds", "check", tmp_path / "mine.toml", CASES / name)
    assert ", 0 rejected; nothing was stored" in run(*check, "--format", "table")


@pytest.mark.parametrize("name", ["c15.zip", "c15.csv.bz2", "c15.csv.xz", "c15_utf16.csv", "c15_array.json"])
def test_a_profile_is_drafted_from_what_is_in_a_file_never_from_its_bytes(name: str) -> None:
    draft = drafted(name)
    assert draft.tables["timestamp"]["columns"] == ["start"]
    assert draft.tables["voice"]["columns"] == ["duration"]
    assert draft.tables["subscription"] == {"by": "phone_number", "column": "msisdn"}
    assert draft.tables["layout"].get("format") == ("ndjson" if name.endswith(".json") else None)
    assert draft.tables["layout"].get("encoding", "utf-8") == "utf-8"


def test_of_a_large_array_the_first_elements_are_sampled(tmp_path: Path) -> None:
    row = {"msisdn": "491510000001", "start": "2026-11-20T10:00:00Z", "kb": 5}
    draft = of(tmp_path, json.dumps([row] * 50_000, indent=1))
    assert draft.tables["data"] == {"columns": ["kb"], "unit": "kilobytes"}


def test_binary_data_that_has_no_name_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "sample").write_bytes(b"\x30\x82\x00\x05\x80\x01\x01")
    with pytest.raises(SourceError, match="no profile can be inferred from binary data"):
        Drafted(tmp_path / "sample")


@pytest.mark.parametrize(("text", "problem"), [("", "is empty"), (",,\n", "is empty"), ("{\n", "is no JSON object")])
def test_an_empty_or_broken_file_is_an_error(text: str, problem: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=problem):
        of(tmp_path, text)


def test_what_is_left_unread_is_said_in_the_profile_and_on_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "sample.csv").write_text('msisdn,start,bytes,st\x1batus,"a ""fine"" one"\n491510000001,,1,x,y\n')
    result = outcome("feeds", "new", tmp_path / "sample.csv")
    said = "columns left unread: 'st\\x1batus', 'a \"fine\" one'"
    assert f"# CHECK: {said}\n" in result.stdout
    assert result.stderr == f"{said}\n"


def test_a_profile_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("mine")
    (tmp_path / "link.toml").symlink_to(tmp_path / "elsewhere.toml")
    for name in ("mine.toml", "link.toml"):
        with pytest.raises(CommandFailed, match=f"{name} is there already"):
            run("feeds", "new", CASES / "draft_rx_tx.csv", "--output", tmp_path / name)
    assert (tmp_path / "mine.toml").read_text() == "mine"
    assert not (tmp_path / "elsewhere.toml").exists()


def test_the_outside_feed_is_drafted_as_its_shipped_profile_reads_it() -> None:
    draft, shipped = Drafted(OUTSIDE), profiles.find("cdr-gen")
    profile = profiles.parse(draft.text.encode(), source="mine.toml")
    assert profile.layout == shipped.layout
    assert profile.timestamp.columns == shipped.timestamp.columns
    assert set(profile.usage_types.data + profile.usage_types.voice) == {"D", "MOC", "MTC"}
    assert sorted(profile.usage_types.sms) == sorted(shipped.usage_types.skip)  # cdr-gen charges none
    assert (profile.data, profile.voice) == (shipped.data, shipped.voice)
    assert profile.reference.columns == shipped.reference.columns
    assert profile.identifier.column == shipped.identifier.column
    assert draft.unread == ("IMSI", "IMEI", "2nd Party IMSI", "2nd Party MSISDN")


@pytest.mark.django_db
def test_a_drafted_profile_reads_its_sample(tmp_path: Path) -> None:
    written = write_feed(tmp_path / "feed.csv", subscriptions=20, days=2, seed=1, last_day=date(2026, 3, 2))
    profile = profiles.parse(Drafted(tmp_path / "feed.csv").text.encode(), source="mine.toml")
    summary = import_feed(tmp_path / "feed.csv", profile, ImportOptions(create_subscriptions=True))
    assert (summary.lines, summary.accepted) == (written, written)


def test_of_a_total_and_its_parts_the_total_alone_is_counted(tmp_path: Path) -> None:
    draft = of(tmp_path, "msisdn,start,up_mb,down_mb,total_mb\n491510000001,2026-11-20T10:00:00Z,1,2,3\n")
    assert draft.line("data", "columns") == "columns = [\"total_mb\"] # CHECK: not 'up_mb', 'down_mb'"
    assert draft.tables["data"]["unit"] == "megabytes"


def test_gigawords_are_not_added_to_octets(tmp_path: Path) -> None:
    draft = of(tmp_path, "msisdn,start,in_octets,in_gigawords\n491510000001,2026-11-20T10:00:00Z,1,2\n")
    assert draft.tables["data"]["columns"] == ["in_octets"]
    assert "not 'in_gigawords'" in draft.line("data", "columns")
    assert "both directions" in draft.line("data", "columns")


def test_the_duration_of_data_sessions_is_no_voice(tmp_path: Path) -> None:
    sessions = "msisdn,start,duration,bytes\n491510000001,2026-11-20T10:00:00Z,60,5\n"
    draft = of(tmp_path, sessions)
    assert (draft.tables["usage_type"], draft.unread) == ({"constant": "data"}, ("duration",))
    assert draft.is_marked("usage_type", "constant")
    calls_too = of(tmp_path, f"{sessions}491510000001,2026-11-20T11:00:00Z,60,0\n")
    assert calls_too.tables["usage_type"] == {"by_quantity": True}
    assert calls_too.is_marked("usage_type", "by_quantity")


def test_a_usage_type_that_is_not_known_is_rejected_not_skipped(tmp_path: Path) -> None:
    lines = "".join(f"491510000001,2026-11-20T10:00:00Z,{kind},5\n" for kind in ("GPRS", "SMS", "fax"))
    draft = of(tmp_path, f"msisdn,start,type,bytes\n{lines}")
    assert draft.tables["usage_type"] == {"column": "type", "data": ["GPRS"], "sms": ["SMS"]}
    assert draft.is_marked("usage_type", "sms")
    assert draft.tables["sms"] == {}
    assert "# CHECK: rejected until one of the lists has them: 'fax'" in draft.text


def test_a_reference_that_repeats_is_none(tmp_path: Path) -> None:
    line = "7,{},491510000001,2026-11-20T10:00:0{}Z,5\n"
    draft = of(tmp_path, f"charging_id,cdr_id,msisdn,start,kb\n{line.format('a', 1)}{line.format('b', 2)}")
    assert draft.tables["reference"] == {"columns": ["cdr_id"]}
    draft = of(tmp_path, f"charging_id,cdr_id,msisdn,start,kb\n{line.format('a', 1)}{line.format('a', 2)}")
    assert draft.tables["reference"] == {}
    assert "two equal lines are one record; 'charging_id', 'cdr_id' repeated" in draft.text


@pytest.mark.parametrize(
    ("texts", "formats"),
    [
        (["2026-11-20T10:00:00+01:00"], ["iso8601"]),
        (["1795168800", "1795168801"], ["unix"]),
        (["1795168800123"], ["unix_ms"]),
        (["20261120100000"], ["%Y%m%d%H%M%S"]),
        (["202611201000"], ["%Y%m%d%H%M"]),
        (["11/20/2026 1:05 PM"], ["%m/%d/%Y %I:%M %p"]),
        (["20-Nov-26 10:00:00"], ["%d-%b-%y %H:%M:%S"]),
        (["20.11.2026"], ["%d.%m.%Y"]),
        (["1795168800", "2026-11-20T10:00:00"], ["CHECK"]),
        (["soon"], ["CHECK"]),
    ],
)
def test_the_format_of_timestamps_is_told_by_all_of_them(texts: list[str], formats: list[str], tmp_path: Path) -> None:
    draft = of(tmp_path, "msisdn,start,kb\n" + "".join(f"491510000001,{text},{n}\n" for n, text in enumerate(texts)))
    assert draft.tables["timestamp"]["formats"] == formats
    assert draft.tables["timestamp"]["columns"] == ["start"]
    assert not draft.is_marked("timestamp", "formats")


@pytest.mark.parametrize("text", ["05/11/26 10:00", "05-11-26 10:00:00"])
def test_each_other_reading_of_a_short_year_is_named(text: str, tmp_path: Path) -> None:
    draft = of(tmp_path, f"msisdn,start,kb\n491510000001,{text},1\n")
    assert len(re.findall("fits as well", draft.line("timestamp", "formats"))) == 2


def test_another_time_on_the_line_is_named(tmp_path: Path) -> None:
    draft = of(tmp_path, "end,start,msisdn,kb\n2026-11-20T10:00:00Z,2026-11-20T09:00:00Z,491510000001,1\n")
    assert draft.line("timestamp", "columns") == "columns = [\"start\"] # CHECK: or 'end'"


def test_numbers_with_a_comma_are_marked(tmp_path: Path) -> None:
    draft = of(tmp_path, "msisdn;start;minutes;price\n491510000001;20.11.2026 10:00:00;1,5;0,15\n")
    assert "its numbers have a comma" in draft.line("voice", "columns")
    assert "its numbers have a comma" in draft.line("price", "column")


def test_a_price_for_a_unit_is_no_price_of_the_record(tmp_path: Path) -> None:
    draft = of(tmp_path, "msisdn,start,mb,price_per_mb,charge_code\n491510000001,2026-11-20T10:00:00Z,1,2,3\n")
    assert "price" not in draft.tables
    assert draft.tables["data"]["columns"] == ["mb"]
    assert draft.unread == ("price_per_mb", "charge_code")


def test_without_a_header_columns_are_to_be_named_and_nothing_else_is_guessed(tmp_path: Path) -> None:
    draft = of(tmp_path, "1|491510000001|20261120100000|1000\n2|491510000002|20261120100001|20\n")
    assert draft.is_marked("layout", "columns")
    assert draft.tables["timestamp"]["columns"] == ["column 3"]
    assert draft.is_marked("timestamp", "columns")
    assert (draft.tables["subscription"]["column"], draft.tables["data"]["columns"]) == ("CHECK", ["CHECK"])


def test_members_of_ndjson_and_columns_of_parquet_are_drafted_as_well(tmp_path: Path) -> None:
    row = {"msisdn": "491510000001", "start": "2026-11-20T10:00:00Z", "bytes": 5, "na\nme": None}
    ndjson = of(tmp_path, json.dumps(row) + "\n", "sample.ndjson")
    pl.DataFrame([row]).write_parquet(tmp_path / "sample.parquet")
    for draft in (ndjson, Drafted(tmp_path / "sample.parquet")):
        profiles.parse(draft.text.encode(), source="mine.toml")
        assert draft.tables["layout"] == {"format": draft.path.suffix[1:]}
        assert draft.tables["data"]["columns"] == ["bytes"]
        assert draft.unread == ("na\nme",)
    nested = of(tmp_path, '{"msisdn":"491510000001","start":"2026-11-20T10:00:00Z","used":{"bytes":5}}\n')
    assert nested.tables["data"]["columns"] == ["used.bytes"]
