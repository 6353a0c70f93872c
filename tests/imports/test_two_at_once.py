"""Concurrent imports of the same file, and of the same records in two files."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from threading import Barrier

import pytest
from django.db import connections

from wingtel.imports import profiles
from wingtel.imports.generator import write_feed
from wingtel.imports.models import UsageImport
from wingtel.imports.service import ImportOptions, ImportSummary, import_feed
from wingtel.subscriptions.models import Subscription

from .reading import counts, daily, differing_days

pytestmark = pytest.mark.django_db(transaction=True)


def import_at_once(*imports: tuple[Path, ImportOptions]) -> list[ImportSummary]:
    together = Barrier(len(imports))

    def import_it(path: Path, options: ImportOptions) -> ImportSummary:
        together.wait(timeout=30)
        try:
            return import_feed(path, profiles.find("wingtel"), options)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(imports)) as pool:
        return list(pool.map(lambda given: import_it(*given), imports))


def options(batch_lines: int, workers: int = 1) -> ImportOptions:
    return ImportOptions(create_subscriptions=True, batch_lines=batch_lines, workers=workers)


@pytest.mark.usefixtures("strategy")
def test_the_same_records_in_two_files_at_once_are_recorded_once(tmp_path: Path) -> None:
    written = write_feed(tmp_path / "one.csv", subscriptions=200, days=2, seed=5, last_day=date(2026, 3, 2))
    (tmp_path / "two.csv").write_bytes((tmp_path / "one.csv").read_bytes() + b"\n")
    one, other = import_at_once((tmp_path / "one.csv", options(90)), (tmp_path / "two.csv", options(130)))
    assert one.accepted + other.accepted == written
    assert one.duplicate + other.duplicate == written
    assert counts(one)[0] == counts(other)[0] - 1 == written
    assert one.rejected == other.rejected == 0
    assert Subscription.objects.count() == 200
    assert sum(records for *_, records in daily()) == written
    assert differing_days() == 0


def test_of_two_imports_of_one_file_at_once_the_second_waits_and_does_nothing(tmp_path: Path) -> None:
    written = write_feed(tmp_path / "feed.csv", subscriptions=50, days=2, seed=5, last_day=date(2026, 3, 2))
    one, other = import_at_once((tmp_path / "feed.csv", options(90)), (tmp_path / "feed.csv", options(130)))
    assert sorted([one.was_imported, other.was_imported]) == [False, True]
    assert counts(one) == counts(other) == (written, written, 0, 0, 0)
    assert UsageImport.objects.count() == 1
    assert differing_days() == 0


@pytest.mark.usefixtures("strategy")
def test_several_workers_record_each_line_once(tmp_path: Path) -> None:
    written = write_feed(tmp_path / "feed.csv", subscriptions=200, days=3, seed=5, last_day=date(2026, 3, 2))
    (summary,) = import_at_once((tmp_path / "feed.csv", options(100, workers=4)))
    assert counts(summary) == (written, written, 0, 0, 0)
    assert UsageImport.objects.get().ranges.count() == -(-written // 100)
    assert differing_days() == 0
