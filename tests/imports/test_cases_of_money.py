"""Cases from the field in which money is at stake: amounts that contradict each other, and very small prices."""

from decimal import Decimal
from pathlib import Path

import pytest

from wingtel.aggregates import queries
from wingtel.aggregates.periods import ALL_TIME
from wingtel.aggregates.serialization import money
from wingtel.imports import profiles
from wingtel.imports.service import ImportOptions, ImportSummary, import_feed
from wingtel.ingest.models import UsageConflict
from wingtel.usage.models import DataUsageRecord, VoiceUsageRecord

pytestmark = pytest.mark.django_db
CASES = Path(__file__).parent / "cases"


def imported(file: str, profile: str) -> ImportSummary:
    return import_feed(CASES / file, profiles.find(str(CASES / profile)), ImportOptions(create_subscriptions=True))


def test_a_thousand_records_of_a_price_below_a_cent_of_a_cent_add_up() -> None:
    summary = imported("c32_small_records.csv", "c32.toml")
    assert (summary.lines, summary.accepted) == (1000, 1000)
    assert set(DataUsageRecord.objects.values_list("price", flat=True)) == {Decimal("0.00004")}
    (metric,) = queries.metrics(period=ALL_TIME).results
    assert money(metric.total_price) == "0.0400"


def test_the_same_reference_with_another_amount_is_a_conflict_that_is_kept() -> None:
    summary = imported("c18_dup_amounts.csv", "c18.toml")
    assert (summary.lines, summary.accepted, summary.duplicate, summary.conflict) == (3, 2, 0, 1)
    assert sorted(VoiceUsageRecord.objects.values_list("seconds_used", flat=True)) == [60, 90]
    conflict = UsageConflict.objects.get()
    assert (conflict.stored_quantity, conflict.quantity) == (60, 90)
    assert (conflict.stored_price, conflict.price) == (Decimal("0.6"), Decimal("0.9"))
