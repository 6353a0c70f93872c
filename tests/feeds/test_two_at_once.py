"""Two imports of the same file at the same time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from threading import Barrier

import pytest
from django.db import connections

from wingtel.feeds import profiles
from wingtel.feeds.generate import write_feed
from wingtel.feeds.importing import ImportOptions, ImportSummary, import_feed
from wingtel.subscriptions.models import Subscription

from .reading import counts, daily, rows


@pytest.mark.django_db(transaction=True)
def test_two_imports_of_one_file_at_once_record_each_line_once(tmp_path: Path) -> None:
    written = write_feed(tmp_path / "feed.csv", subscriptions=200, days=2, seed=5, last_day=date(2026, 3, 2))
    together = Barrier(2)

    def import_it(chunk_lines: int) -> ImportSummary:
        together.wait(timeout=30)
        try:
            return import_feed(tmp_path / "feed.csv", profiles.find("wingtel"), ImportOptions(create_subscriptions=True, chunk_lines=chunk_lines))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(import_it, (90, 130))

    assert one.accepted + other.accepted == written
    assert one.duplicate + other.duplicate == written
    assert counts(one)[0] == counts(other)[0] == written
    assert one.rejected == other.rejected == 0
    assert Subscription.objects.count() == 200
    assert sum(records for *_, records in daily()) == written
    assert rows(
        "SELECT count(*) FROM ("
        "SELECT subscription_id, usage_type, usage_business_day(usage_date), sum(used), "
        "sum(price), count(*) FROM usage_source GROUP BY 1, 2, 3 EXCEPT ALL "
        "SELECT subscription_id, usage_type, day, used, price, records FROM usage_daily) AS differing"
    ) == [(0,)]
