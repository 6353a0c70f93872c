"""Cases from the field in which the subscriber is at stake: recycled numbers, cancelled lines, changed plans."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from wingtel.aggregates.strategies import Strategy
from wingtel.imports import profiles
from wingtel.imports.service import ImportOptions, ImportSummary, import_feed
from wingtel.subscriptions import assignments
from wingtel.subscriptions.models import Plan, Subscription

from .reading import rows

pytestmark = pytest.mark.django_db
CASES = Path(__file__).parent / "cases"
JANUARY = datetime(2026, 1, 1, tzinfo=UTC)
PAID = "SELECT subscription_id, used, price FROM usage_monthly ORDER BY subscription_id"


def imported(file: str, profile: str, *, creates: bool = True, is_dry_run: bool = False) -> ImportSummary:
    options = ImportOptions(create_subscriptions=creates, is_dry_run=is_dry_run)
    return import_feed(CASES / file, profiles.find(str(CASES / profile)), options)


def line(number: str, begins: datetime | None = JANUARY, ended: datetime | None = None) -> Subscription:
    made = Subscription.objects.create(carrier="att", phone_number=number, status="active", effective_date=begins)
    if ended:
        Subscription.objects.filter(pk=made.pk).update(deleted_at=ended)
    return made


@pytest.mark.django_db(transaction=True)
def test_a_late_record_of_a_recycled_number_is_the_former_owner_s(strategy: Strategy) -> None:
    former = line("491510200001", ended=datetime(2026, 11, 10, tzinfo=UTC))
    line("491510200001", begins=datetime(2026, 11, 15, tzinfo=UTC))
    summary = imported("c20_late_record_of_former_owner.csv", "c20.toml")
    assert (summary.lines, summary.accepted) == (1, 1)
    assert rows(PAID) == [(former.pk, 600, Decimal("6.0000"))]
    assert Subscription.objects.count() == 2


def test_a_late_record_of_a_cancelled_line_is_its_own_and_creates_none() -> None:
    cancelled = line("491510200002", ended=datetime(2026, 11, 10, tzinfo=UTC))
    assert imported("c20b_late_record_of_deleted.csv", "c20.toml", is_dry_run=True).accepted == 1
    assert imported("c20b_late_record_of_deleted.csv", "c20.toml").accepted == 1
    assert rows(PAID) == [(cancelled.pk, 600, Decimal("6.0000"))]
    assert Subscription.objects.get() == cancelled


@pytest.mark.parametrize("is_dry_run", [True, False], ids=["dry run", "import"])
def test_a_record_of_a_time_at_which_the_number_was_nobody_s_is_rejected_as_such(is_dry_run: bool) -> None:
    line("491510200001", ended=datetime(2026, 11, 1, tzinfo=UTC))
    line("491510200001", begins=datetime(2026, 11, 15, tzinfo=UTC))
    summary = imported("c20_late_record_of_former_owner.csv", "c20.toml", is_dry_run=is_dry_run)
    assert [(reject.field, reject.reason) for reject in summary.rejects] == [
        ("msisdn", "no subscription had the phone number 491510200001 at 2026-11-05 10:00:00+00:00")
    ]
    assert (summary.lines, summary.rejected) == (1, 1)
    assert Subscription.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_late_record_is_rated_by_the_plan_of_its_timestamp(strategy: Strategy) -> None:
    old, new = (Plan.objects.create(name=name).pk for name in ("Old", "New"))
    one = line("491510310001")
    assignments.change_plan(one.pk, old, valid_from=JANUARY)
    assignments.change_plan(one.pk, new, valid_from=datetime(2026, 11, 10, tzinfo=UTC))
    assert imported("c30_plan_change.csv", "c30.toml", creates=False).accepted == 1
    assert rows(PAID) == [(one.pk, 100, Decimal("1.0000"))]


def test_a_number_of_a_spreadsheet_is_no_number() -> None:
    summary = imported("c22_float_number.csv", "c20.toml")
    assert [(reject.field, reject.reason) for reject in summary.rejects] == [
        ("msisdn", "'491510220004.0' is not a valid phone number: 7 to 15 digits with the calling code")
    ]
    assert Subscription.objects.count() == 0
