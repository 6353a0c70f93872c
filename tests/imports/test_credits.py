"""Credits: negative records of a feed become adjustments, each once, whatever happens to the import."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection

from tests.conformance.at_once import in_threads
from tests.conformance.oracle import differences
from wingtel.adjustments.services import reverse
from wingtel.aggregates.strategies import Strategy
from wingtel.imports.errors import ProfileError
from wingtel.imports.ingestion import Counts
from wingtel.imports.models import RejectedRecord
from wingtel.imports.preview import preview
from wingtel.imports.service import ImportOptions, ImportSummary, import_feed
from wingtel.ingest.models import UsageConflict
from wingtel.ingest.serialization import conflict_answers
from wingtel.subscriptions.models import Subscription
from wingtel.usage.models import DataUsageRecord, UsageAdjustment

from .reading import daily, rows
from .reading_cases import CASES, profile_of

CASE = CASES / "c17_negative.csv"
TAKEN = ("[price]", '[numbers]\nnegative = "adjust"\n\n[price]')
HEADER = "id,msisdn,start,bytes,price\n"
NUMBER = "491510170001"


def imported(
    file: Path, *, batch: int = 1000, workers: int = 1, stop_after: int = 0, is_dry_run: bool = False
) -> ImportSummary:
    done: list[int] = []

    def stop(_: int, counts: Counts) -> None:
        done.append(counts.lines)
        if len(done) == stop_after:
            raise InterruptedError

    options = ImportOptions(
        create_subscriptions=True, batch_lines=batch, chunk_lines=batch, workers=workers, is_dry_run=is_dry_run
    )
    return import_feed(file, profile_of("c17.toml", TAKEN), options, on_progress=stop)


def written(path: Path, *lines: str) -> Path:
    path.write_text(HEADER + "".join(f"{line}\n" for line in lines))
    return path


def outcome(summary: ImportSummary) -> tuple[int, int, int, int, int]:
    assert summary.skipped == 0
    return summary.lines, summary.accepted, summary.duplicate, summary.conflict, summary.rejected


def used() -> list[tuple[int, Decimal, int]]:
    return [(used, price, records) for *_, used, price, records in daily()]


@pytest.mark.django_db
def test_without_the_key_negative_records_are_rejected() -> None:
    summary = import_feed(CASE, profile_of("c17.toml"), ImportOptions(create_subscriptions=True))
    assert outcome(summary) == (2, 1, 0, 0, 1)
    assert [(reject.line, reject.field, reject.reason) for reject in summary.rejects] == [
        (3, "bytes", "-5000 is negative")
    ]


@pytest.mark.django_db
def test_a_credit_is_an_adjustment_with_the_reference_as_reason(strategy: Strategy) -> None:
    summary = imported(CASE)
    assert (outcome(summary), summary.records) == ((2, 2, 0, 0, 0), 2)
    (credit,) = UsageAdjustment.objects.all()
    assert (credit.used, credit.price, str(credit.day)) == (-5, Decimal("-0.5000"), "2026-11-20")
    assert (credit.reason, credit.actor) == ("c17b", f"import {summary.import_id}, line 3")
    assert [(record.kilobytes_used, record.price) for record in DataUsageRecord.objects.all()] == [(5, Decimal("0.5"))]
    assert used() == [(0, Decimal(0), 1)]
    assert differences() == []


@pytest.mark.django_db
def test_a_credit_that_comes_again_changes_nothing(strategy: Strategy, tmp_path: Path) -> None:
    imported(CASE)
    credit = CASE.read_text().splitlines()[2]
    assert outcome(imported(written(tmp_path / "again.csv", credit, credit))) == (2, 0, 2, 0, 0)
    reverse(UsageAdjustment.objects.get().pk, reason="wrong", actor="ada")
    assert outcome(imported(written(tmp_path / "reversed.csv", credit))) == (1, 0, 1, 0, 0)
    assert used() == [(5, Decimal("0.5"), 1)]
    assert differences() == []


@pytest.mark.django_db
def test_a_credit_with_another_amount_is_a_conflict_that_is_kept(tmp_path: Path) -> None:
    imported(CASE)
    line = f"c17b,{NUMBER},2026-11-20T10:00:01Z,-5000"
    other = written(tmp_path / "other.csv", f"c17c,{NUMBER},2026-11-20T10:00:01Z,0,-1", f"{line},-0.7", f"{line},-0.5")
    summary = imported(other)
    assert outcome(summary) == (3, 1, 1, 1, 0)
    (conflict,) = conflict_answers(list(UsageConflict.objects.all()))
    assert (conflict.stored_quantity, conflict.stored_price) == (-5, "-0.5000")
    assert (conflict.quantity, conflict.price) == (-5, "-0.7000")
    assert conflict.origin is not None
    assert (conflict.origin.file, conflict.origin.line) == (str(other), 3)
    assert used() == [(0, Decimal(-1), 1)]


@pytest.mark.django_db
def test_a_dry_run_counts_credits_and_stores_nothing(tmp_path: Path) -> None:
    line = f"c,{NUMBER},2026-11-20T10:00:00Z,-1,-1"
    feed = written(tmp_path / "feed.csv", line, line, f"d,{NUMBER},2026-11-20T10:00:00Z,1,1", f"{line}.5")
    for batch, counts in ((1000, (4, 2, 1, 1, 0)), (1, (4, 2, 2, 0, 0))):  # of earlier batches, amounts are not known
        assert outcome(imported(feed, is_dry_run=True, batch=batch)) == counts
    assert not UsageAdjustment.objects.exists()
    assert not Subscription.objects.exists()
    assert outcome(imported(feed)) == (4, 2, 1, 1, 0)


@pytest.mark.django_db
def test_credits_are_rejected_by_the_rules_of_records_and_adjustments(tmp_path: Path) -> None:
    feed = written(
        tmp_path / "feed.csv",
        "a,,2026-11-20T10:00:00Z,-1,-1",
        f"b,{NUMBER},2999-01-01T10:00:00Z,-1,-1",
        f"c,{NUMBER},2001-01-01T10:00:00Z,-1,-1",
        f"d,{NUMBER},2026-11-20T10:00:00Z,-1,-10000000000",
        f"e,{NUMBER},2026-11-20T10:00:00Z,-1000000000000000000000,-1",
        f"f,{NUMBER},2026-11-20T10:00:00Z,-1500,-1.0000",
    )
    summary = imported(feed)
    assert outcome(summary) == (6, 2, 0, 0, 4)
    assert [(reject.line, reject.field) for reject in RejectedRecord.objects.order_by("line")] == [
        (2, "msisdn"),
        (3, "start"),
        (5, "price"),
        (6, "bytes"),
    ]
    credits_made = UsageAdjustment.objects.order_by("reason").values_list("reason", "used", "price")
    assert list(credits_made) == [("c", -1, Decimal(-1)), ("f", -2, Decimal(-1))]
    assert summary.rejects[1].reason.startswith("2999-01-01 lies ")


@pytest.mark.django_db
def test_a_check_of_the_profile_shows_credits_with_their_price() -> None:
    Subscription.objects.create(carrier="att", phone_number="1")
    found = preview(CASE, profile_of("c17.toml", TAKEN), 10)
    assert [(record.quantity, record.price, record.note) for record in found.records] == [
        (5, Decimal("0.5"), f"msisdn: unknown phone number {NUMBER}"),
        (-5, Decimal("-0.5"), f"msisdn: unknown phone number {NUMBER}"),
    ]


MANY = [f"{number},{NUMBER},2026-11-2{number % 3}T10:00:00Z,-{number}000,-{number}" for number in range(1, 41)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("workers", [1, 3])
def test_an_import_that_was_interrupted_credits_each_line_once(workers: int, tmp_path: Path) -> None:
    feed = written(tmp_path / "feed.csv", *MANY)
    with pytest.raises(InterruptedError):
        imported(feed, batch=10, workers=workers, stop_after=2)
    rest = imported(feed, batch=7)
    assert (outcome(rest), rest.resumed > 0) == ((40, 40, 0, 0, 0), True)
    assert sum(total for total, *_ in used()) == -sum(range(1, 41))
    assert differences() == []


@pytest.fixture
def subscription() -> Iterator[None]:
    Subscription.objects.create(carrier="att", phone_number=NUMBER)
    yield
    connection.close()


@pytest.mark.usefixtures("subscription")
@pytest.mark.django_db(transaction=True)
def test_the_same_credits_in_two_files_at_once_count_once(tmp_path: Path) -> None:
    first = written(tmp_path / "first.csv", *MANY)
    second = written(tmp_path / "second.csv", *reversed(MANY))
    accepted = in_threads(lambda: imported(first).accepted, lambda: imported(second).accepted)
    assert sum(accepted) == 40
    assert UsageAdjustment.objects.count() == 40
    assert rows("SELECT sum(used), sum(price) FROM usage_daily") == [(-820, -820)]
    assert differences() == []


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('columns = ["id"]', "", r"credits need reference\.columns"),
        ('columns = ["id"]', 'columns = ["id"]\non_duplicate = "replace"', "adjustments are kept as they are"),
        ('[price]\ncolumn = "price"', '[[tariff.data]]\nprice = "1"', "credits need a price column"),
        ('constant = "data"', "by_quantity = true", "a line with a credit has one usage type"),
    ],
)
def test_a_profile_that_leaves_a_credit_open_is_refused(old: str, new: str, problem: str) -> None:
    changes = [TAKEN, (old, new)]
    if "by_quantity" in new:
        changes += [('column = "price"', 'column = "price"\nof_both = "data"')]
        changes += [("[price]\n", '[voice]\ncolumns = ["bytes"]\nunit = "seconds"\n[price]\n')]
    with pytest.raises(ProfileError, match=rf"numbers\.negative: {problem}"):
        profile_of("c17.toml", *changes)
