"""Feeds of other carriers: no header, positions, device ids, ids, no reference, German dates."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from wingtel.imports import profiles
from wingtel.imports.errors import FeedError
from wingtel.imports.service import ImportOptions, import_feed
from wingtel.subscriptions.models import Subscription

from .reading import counts, rows

pytestmark = pytest.mark.django_db

GERMAN = """
[layout]
delimiter = ";"
encoding = "latin-1"
header = false
columns = ["device", "date", "time", "megabytes", "price"]
[timestamp]
columns = [2, 3]
formats = ["%d.%m.%Y %H:%M", "%d.%m.%y %H.%M"]
time_zone = "Europe/Berlin"
[usage_type]
constant = "data"
[data]
columns = ["megabytes"]
unit = "megabytes"
kilobyte = 1024
[price]
column = 5
[subscription]
by = "device_id"
column = 1
[carrier]
constant = "sprint"
"""
LINES = b"G\xe4rt;01.07.2026;00:30;1.5;0.25\nG\xe4rt;01.07.26;0.30;2;1\nG\xe4rt;01.07.26;0.30;2;1\n"


def test_a_german_file_without_header_and_references_is_read(tmp_path: Path) -> None:
    (tmp_path / "german.toml").write_text(GERMAN)
    (tmp_path / "feed.txt").write_bytes(LINES)
    profile = profiles.find(str(tmp_path / "german.toml"))
    summary = import_feed(tmp_path / "feed.txt", profile, ImportOptions(create_subscriptions=True))
    assert counts(summary) == (3, 2, 0, 1, 0), "two equal lines without a reference are one record"
    assert rows("SELECT usage_date, kilobytes_used, price FROM wingtel_data_usage_record ORDER BY 2") == [
        (datetime(2026, 6, 30, 22, 30, tzinfo=UTC), 1536, Decimal("0.2500")),
        (datetime(2026, 6, 30, 22, 30, tzinfo=UTC), 2048, Decimal("1.0000")),
    ]
    assert Subscription.objects.get().device_id == "Gärt"
    assert counts(import_feed(tmp_path / "feed.txt", profile, ImportOptions(again=True))) == (3, 0, 0, 3, 0)


def test_subscriptions_named_by_id_are_found_and_never_created(tmp_path: Path) -> None:
    (tmp_path / "ids.toml").write_text(GERMAN.replace('"device_id"', '"id"'))
    subscription = Subscription.objects.create(carrier="att")
    lines = (f"{name};01.07.2026;00:30;1;1\n" for name in (subscription.pk, "x", subscription.pk + 1))
    (tmp_path / "feed.txt").write_text("".join(lines))
    profile = profiles.find(str(tmp_path / "ids.toml"))
    summary = import_feed(tmp_path / "feed.txt", profile)
    assert [(reject.line, reject.reason) for reject in summary.rejects] == [
        (2, "'x' is not a valid subscription id"),
        (3, f"unknown subscription id {subscription.pk + 1}"),
    ]
    with pytest.raises(FeedError, match="names them by id, which the database gives"):
        import_feed(tmp_path / "feed.txt", profile, ImportOptions(create_subscriptions=True))


def test_a_profile_without_carrier_cannot_create_subscriptions(tmp_path: Path) -> None:
    (tmp_path / "none.toml").write_text(GERMAN.replace('[carrier]\nconstant = "sprint"\n', ""))
    (tmp_path / "feed.txt").write_bytes(LINES)
    with pytest.raises(FeedError, match=r"none\.toml: carrier: missing; it is needed"):
        import_feed(
            tmp_path / "feed.txt", profiles.find(str(tmp_path / "none.toml")), ImportOptions(create_subscriptions=True)
        )
