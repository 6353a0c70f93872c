"""Features of profiles beyond columns: filters, value maps, constants, both types, duplicates, tariffs."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from wingtel.imports import profiles
from wingtel.imports.service import ImportOptions, ImportSummary, import_feed
from wingtel.subscriptions.models import Plan, Subscription

from .reading import counts, differing_days, rows

PROFILE = """
[layout]
[timestamp]
columns = ["at"]
formats = ["unix"]
[usage_type]
by_quantity = true
[data]
columns = ["up", "down"]
unit = "megabytes"
rounding = "half_even"
[voice]
columns = ["minutes"]
unit = "minutes"
[price]
data = "data price"
voice = "voice price"
round = true
[reference]
columns = ["switch", "number"]
separator = "/"
prefix = "x-"
[subscription]
by = "phone_number"
column = "phone"
[carrier]
column = "network"
values = { A = "att", S = "sprint" }
[constants]
network = "A"
[values.switch]
east = "E"
[[filter]]
column = "status"
in = ["final"]
[[filter]]
column = "phone"
not_in = ["+12025550000"]
"""
HEADER = "switch,number,at,phone,up,down,minutes,data price,voice price,status\n"
LINES = (
    "east,1,1772323200,+12025550100,1.5,0.0005,1.5,0.00005,0.12345,final\n"
    "west,2,1772323200,+12025550100,0,,2,,1,final\n"
    "west,3,1772323200,+12025550100,,0.0,0,,,final\n"
    "west,4,1772323200,+12025550100,1,1,1,1,1,draft\n"
    "west,5,1772323200,+12025550000,1,1,1,1,1,final\n"
    "west,6,1772323200,+12025550100,1,1,x,1,1,final\n"
)
STORED = (
    "SELECT 'data', record_id, kilobytes_used, price FROM wingtel_data_usage_record UNION ALL "
    "SELECT 'voice', record_id, seconds_used, price FROM wingtel_voice_usage_record ORDER BY 1, 2"
)


def import_text(folder: Path, text: str, profile: str = PROFILE, **options: bool) -> ImportSummary:
    (folder / "carrier.toml").write_text(profile)
    (folder / "feed.csv").write_text(HEADER + text)
    given = ImportOptions(create_subscriptions=True, **options)  # type: ignore[arg-type]
    return import_feed(folder / "feed.csv", profiles.find(str(folder / "carrier.toml")), given)


@pytest.mark.django_db
def test_a_line_can_be_both_types_and_is_filtered_mapped_converted_and_counted_once(tmp_path: Path) -> None:
    summary = import_text(tmp_path, LINES)
    assert counts(summary) == (6, 2, 3, 0, 1)
    assert summary.records == 3
    assert [(reject.line, reject.field) for reject in summary.rejects] == [(7, "minutes")]
    assert rows(STORED) == [
        ("data", "x-E/1", 1500, Decimal("0.00005")),
        ("voice", "x-E/1", 90, Decimal("0.12345")),
        ("voice", "x-west/2", 120, Decimal(1)),
    ]
    assert rows("SELECT DISTINCT usage_date FROM wingtel_data_usage_record") == [(datetime(2026, 3, 1, tzinfo=UTC),)]


@pytest.mark.django_db
def test_a_dry_run_counts_the_same_and_stores_nothing(tmp_path: Path) -> None:
    dry_run = import_text(tmp_path, LINES + LINES, is_dry_run=True)
    assert (dry_run.import_id, counts(dry_run)) == (None, (12, 2, 6, 2, 2))
    assert rows(STORED) == []
    assert not Subscription.objects.exists()
    assert counts(import_text(tmp_path, LINES + LINES)) == counts(dry_run)
    assert counts(import_text(tmp_path, LINES, is_dry_run=True)) == (6, 0, 3, 2, 1)


CHANGED = (
    "west,2,1772323200,+12025550100,,,2,,7,final\n"
    "west,2,1772323200,+12025550100,,,3,,8,final\n"
    "west,9,1772323200,+12025550100,1,,,1,,final\n"
)


@pytest.mark.django_db
def test_duplicates_can_be_rejected(tmp_path: Path) -> None:
    profile = PROFILE.replace("[reference]", '[reference]\non_duplicate = "reject"')
    import_text(tmp_path, LINES, profile)
    summary = import_text(tmp_path, CHANGED, profile)
    assert [(reject.line, reject.field, reject.reason) for reject in summary.rejects] == [
        (2, "switch, number", "stored already"),
        (3, "switch, number", "stored already"),
    ]
    assert counts(summary) == (3, 1, 0, 0, 2)


@pytest.mark.usefixtures("strategy")
def test_duplicates_can_replace_what_is_recorded_and_the_aggregates_follow(tmp_path: Path) -> None:
    profile = PROFILE.replace("[reference]", '[reference]\non_duplicate = "replace"')
    import_text(tmp_path, LINES, profile)
    summary = import_text(tmp_path, CHANGED, profile)
    assert counts(summary) == (3, 2, 0, 1, 0)
    assert ("voice", "x-west/2", 180, Decimal(8)) in rows(STORED)
    assert differing_days() == 0
    assert counts(import_text(tmp_path, CHANGED + "\n", profile)) == (4, 0, 1, 3, 0)
    assert differing_days() == 0


TARIFF = """
[[tariff.data]]
price = "0.00005"
[[tariff.data]]
price = "1"
block = 1000
included = 500
plan = "Gold"
[[tariff.data]]
price = "0.001"
valid_from = 2026-03-02
[[tariff.voice]]
price = "0.05"
block = 30
included = 60
valid_from = 2026-03-01
"""


@pytest.mark.django_db
def test_a_tariff_rates_by_plan_day_block_and_what_is_included(tmp_path: Path) -> None:
    Subscription.objects.create(carrier="att", phone_number="+12025550100")
    Subscription.objects.create(carrier="att", phone_number="+12025550200", plan=Plan.objects.create(name="Gold"))
    price = PROFILE[PROFILE.index("[price]") : PROFILE.index("[reference]")]
    text = (
        "e,1,1772323200,+12025550100,0.005,,,,,final\n"  # 5 kilobytes on the 1st
        "e,2,1772409600,+12025550100,0.005,,,,,final\n"  # on the 2nd
        "e,3,1772409600,+12025550200,1.501,,,,,final\n"  # two started blocks beyond 500 kilobytes
        "e,4,1772323200,+12025550100,,,1.51,,,final\n"  # 91 seconds: two started blocks beyond 60
        "e,5,1772236800,+12025550100,,,1,,,final\n"  # no rate on 28 February
        "e,6,1772409600,+12025550200,999999999999,,,,,final\n"
    )
    summary = import_text(tmp_path, text, PROFILE.replace(price, TARIFF))
    assert rows(STORED) == [
        ("data", "x-e/1", 5, Decimal("0.00025")),
        ("data", "x-e/2", 5, Decimal("0.0050")),
        ("data", "x-e/3", 1501, Decimal(2)),
        ("voice", "x-e/4", 91, Decimal("0.1000")),
    ]
    assert [(reject.line, reject.field, reject.reason) for reject in summary.rejects] == [
        (6, "price", "no rate of the tariff for voice holds on 2026-02-28"),
        (7, "price", "by the tariff, the price of 999999999999000 kilobytes is more than 9999999999.9999"),
    ]
