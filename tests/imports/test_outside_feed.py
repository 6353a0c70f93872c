"""A feed of a public generator, compared with DuckDB's reading of the same file."""

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from wingtel.imports import profiles
from wingtel.imports.models import RejectedRecord, UsageImport
from wingtel.imports.service import ImportOptions, ImportSummary, import_feed
from wingtel.subscriptions.models import Subscription

from .reading import counts, daily, monthly, rows

FILE = Path(__file__).parent / "outside-generator.cdr"
pytestmark = pytest.mark.django_db


def import_outside(*, create_subscriptions: bool = True) -> ImportSummary:
    return import_feed(FILE, profiles.find("cdr-gen"), ImportOptions(create_subscriptions=create_subscriptions))


def sums_in_the_file(period: str) -> list[tuple[object, ...]]:
    """Return kilobytes (of 1000 bytes) or seconds, price and records by external id, usage type and period."""
    return duckdb.sql(
        """
        WITH usage AS (
            SELECT column04 AS msisdn, CASE column03 WHEN 'D' THEN 'data' ELSE 'voice' END AS kind,
                   date_trunc($period, column05::date)::date AS period,
                   CASE column03 WHEN 'D' THEN (column08::bigint + column09::bigint + 999) // 1000
                                 ELSE column07::bigint END AS used
            FROM read_csv($file, delim = '|', header = false, skip = 1, quote = '', all_varchar = true)
            WHERE column03 IN ('D', 'MOC', 'MTC')
        )
        SELECT msisdn, kind, period, sum(used)::bigint,
               sum(used * CASE kind WHEN 'data' THEN 0.0005::decimal(9, 4) ELSE 0.0020::decimal(9, 4) END),
               count(*)
        FROM usage GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
        """,
        params={"file": str(FILE), "period": period},
    ).fetchall()


def test_what_is_read_equals_the_sums_in_the_file_and_importing_it_again_finds_duplicates_alone() -> None:
    first = import_outside()
    assert counts(first) == (20_000, 11_922, 8_078, 0, 0)
    assert (daily(), monthly()) == (sums_in_the_file("day"), sums_in_the_file("month"))
    assert sum(records for *_, records in daily()) == 11_922
    run = UsageImport.objects.get(pk=first.import_id)
    assert (run.status, run.feed, run.lines, run.accepted) == ("completed", "cdr-gen", 20_000, 11_922)
    assert run.sha256 == "d1da23fcabfcdb2e2065ac6068073e1b68eed96ce92b399be792ef2554fd1fae"

    before = daily(), monthly(), rows("SELECT count(*) FROM wingtel_subscription")
    second = import_outside()
    assert (second.was_imported, second.import_id, counts(second)) == (True, first.import_id, counts(first))
    third = import_feed(FILE, profiles.find("cdr-gen"), ImportOptions(again=True))
    assert (third.was_imported, counts(third)) == (False, (20_000, 0, 8_078, 11_922, 0))
    assert (daily(), monthly(), rows("SELECT count(*) FROM wingtel_subscription")) == before


def test_without_its_subscriptions_every_session_and_call_is_rejected_by_name() -> None:
    summary = import_outside(create_subscriptions=False)
    assert counts(summary) == (20_000, 0, 8_078, 0, 11_922)
    assert summary.rejects[0][0] == 3
    assert summary.rejects[0][2:] == ("MSISDN", "unknown external id 1409449372587")
    assert len(summary.rejects) == 20
    assert RejectedRecord.objects.count() == 11_922


def test_a_feed_of_long_ago_is_rejected_with_the_option_that_accepts_it(settings: Any) -> None:
    settings.WINGTEL_MAX_LATENESS_DAYS = 45
    rejected = import_outside()
    assert (rejected.accepted, rejected.rejected, rejected.skipped) == (0, 11_922, 8_078)
    first = rejected.rejects[0]
    assert first.field == "Call date, Call time"
    assert first.reason.endswith(
        "more than 45 (WINGTEL_MAX_LATENESS_DAYS); history is imported with --since 2020-10-01"
    )
    assert Subscription.objects.count() == 0
    options = ImportOptions(create_subscriptions=True, since=date(2020, 10, 1))
    assert import_feed(FILE, profiles.find("cdr-gen"), options).accepted == 11_922
