"""Identifiers are assigned, moved and ended, and plans changed, from any timestamp on, with a full history."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import IntegrityError

from wingtel.subscriptions import assignments
from wingtel.subscriptions.assignments import AssignmentError, IdentifierInUseError, NotAssignableError
from wingtel.subscriptions.models import Kind, Plan, Subscription, SubscriptionIdentifier

pytestmark = pytest.mark.django_db

JAN, FEB, MAR, APR, MAY = (datetime(2026, month, 1, tzinfo=UTC) for month in range(1, 6))
A, B = "+12025550101", "+12025550102"
Period = tuple[datetime | None, datetime | None]


def line(carrier: str = "att", **values: Any) -> int:
    return Subscription.objects.create(carrier=carrier, **values).pk


def assign(subscription: int, text: str, *period: datetime | None, **options: Any) -> SubscriptionIdentifier:
    valid_from, valid_to = (*period, None, None)[:2]
    return assignments.assign_identifier(
        subscription, Kind.MSISDN, text, valid_from=valid_from, valid_to=valid_to, **options
    )


def history(subscription: int, kind: Kind = Kind.MSISDN) -> list[tuple[str, datetime | None, datetime | None]]:
    rows = SubscriptionIdentifier.objects.filter(subscription=subscription, kind=kind)
    return sorted(
        rows.values_list("value", "valid_from", "valid_to"), key=lambda row: row[1] or datetime.min.replace(tzinfo=UTC)
    )


def shown(subscription: int) -> str:
    return Subscription.objects.get(pk=subscription).phone_number


def test_a_national_number_is_that_of_the_carrier_s_country() -> None:
    one = line()

    made = assign(one, "(202) 555-0101", JAN)

    assert (made.value, made.valid_from, made.valid_to) == (A, JAN, None)
    assert shown(one) == A


def test_assigning_again_changes_nothing() -> None:
    one = line()

    assert assign(one, A, JAN).pk == assign(one, A, JAN).pk == assign(one, A, FEB, MAR).pk

    assert history(one) == [(A, JAN, None)]


@pytest.mark.parametrize(
    ("period", "joined"),
    [
        ((JAN, FEB), [(JAN, MAR)]),  # they meet
        ((JAN, APR), [(JAN, APR)]),
        ((None, FEB), [(None, MAR)]),
        ((MAR, None), [(FEB, None)]),
        ((None, None), [(None, None)]),
        ((APR, MAY), [(FEB, MAR), (APR, MAY)]),
    ],
)
def test_what_a_subscription_holds_already_is_extended(period: Period, joined: list[Period]) -> None:
    one = line()
    assign(one, A, FEB, MAR)

    assign(one, A, *period)

    assert history(one) == [(A, *period) for period in joined]


def test_a_gap_is_closed() -> None:
    one = line()
    first, last = assign(one, A, JAN, FEB), assign(one, A, MAR)

    closed = assign(one, A, FEB, MAR)

    assert history(one) == [(A, JAN, None)]
    assert closed.pk == last.pk != first.pk
    assert shown(one) == A


def test_the_shown_one_of_two_numbers_stays_shown_when_it_is_extended() -> None:
    one = line()
    assign(one, A, FEB)
    assign(one, B, MAR)

    assign(one, A, JAN)

    assert shown(one) == A


@pytest.mark.parametrize("period", [(JAN, None), (None, None), (MAR, APR)])
def test_a_number_that_another_holds_is_not_assigned(period: Period) -> None:
    other, one = line(carrier="sprint"), line()
    assign(other, A, FEB)

    with pytest.raises(IdentifierInUseError) as rejected:
        assign(one, A, *period)

    assert rejected.value.reason == (
        "this phone number is assigned at that time; end that assignment first, or move it"
    )
    assert assign(one, A, JAN, FEB).valid_to == FEB


def test_what_one_holds_is_not_extended_into_what_another_does() -> None:
    other, one = line(), line()
    assign(one, A, JAN, FEB)
    assign(other, A, MAR)

    with pytest.raises(IdentifierInUseError):
        assign(one, A, FEB, APR)

    assert history(one) == [(A, JAN, FEB)]


def test_a_sim_card_is_swapped_at_a_timestamp() -> None:
    one = line(iccid="8901260234567890001", phone_number=A)
    former = SubscriptionIdentifier.objects.get(kind=Kind.ICCID)

    assignments.assign_identifier(one, Kind.ICCID, "8901260234567890002", valid_from=MAR, replaces=former.pk)

    assert history(one, Kind.ICCID) == [("8901260234567890001", None, MAR), ("8901260234567890002", MAR, None)]
    assert Subscription.objects.get(pk=one).iccid == "8901260234567890002"
    assert history(one) == [(A, None, None)]


@pytest.mark.parametrize("at", [FEB, JAN])
def test_what_has_not_begun_when_it_ends_is_gone(at: datetime) -> None:
    one = line()
    made = assign(one, A, FEB)

    assert assignments.end_identifier(made.pk, at=at) is None
    assert (history(one), shown(one)) == ([], "")


def test_an_assignment_is_ended_and_the_end_may_be_put_earlier() -> None:
    one = line()
    made = assign(one, A, JAN)

    for at in (MAR, MAR, FEB):
        ended = assignments.end_identifier(made.pk, at=at)
        assert ended is not None
        assert ended.valid_to == at
    with pytest.raises(AssignmentError, match="ended before, at 2026-02-01"):
        assignments.end_identifier(made.pk, at=APR)

    assert (history(one), shown(one)) == ([(A, JAN, FEB)], "")


def test_a_number_is_ported_at_a_timestamp() -> None:
    one, other = line(), line(carrier="sprint")
    made = assign(one, A, JAN, MAY)

    moved = assignments.move_identifier(made.pk, to=other, at=MAR)

    assert (history(one), history(other)) == ([(A, JAN, MAR)], [(A, MAR, MAY)])
    assert moved.subscription_id == other


def test_what_has_not_begun_is_moved_whole() -> None:
    one, other = line(), line()
    made = assign(one, A, MAR)

    assignments.move_identifier(made.pk, to=other, at=FEB)

    assert (history(one), history(other), shown(one), shown(other)) == ([], [(A, MAR, None)], "", A)


def test_a_number_comes_back() -> None:
    one, other = line(), line()
    made = assign(one, A, JAN)
    moved = assignments.move_identifier(made.pk, to=other, at=FEB)

    assignments.move_identifier(moved.pk, to=one, at=MAR)

    assert (history(one), history(other)) == ([(A, JAN, FEB), (A, MAR, None)], [(A, FEB, MAR)])
    assert (shown(one), shown(other)) == (A, "")


def test_what_cannot_be_is_refused_by_its_field() -> None:
    one, other, gone = line(), line(), line()
    made = assign(one, A, JAN)
    Subscription.objects.filter(pk=gone).update(deleted_at=MAR)
    imsi = assignments.assign_identifier(one, Kind.IMSI, "310150123456789", valid_from=JAN)

    for work, kind, field in [
        (lambda: assign(one, "abc", JAN), AssignmentError, "value"),
        (lambda: assign(one, B, MAR, FEB), AssignmentError, "valid_to"),
        (lambda: assign(2**40, B, JAN), NotAssignableError, "subscription"),
        (lambda: assign(one, B, JAN, replaces=imsi.pk), AssignmentError, "replaces"),
        (lambda: assign(other, B, JAN, replaces=made.pk), AssignmentError, "replaces"),
        (lambda: assign(one, B, None, replaces=made.pk), AssignmentError, "valid_from"),
        (lambda: assign(gone, B, JAN), AssignmentError, "subscription"),
        (lambda: assignments.end_identifier(2**40, at=MAR), NotAssignableError, "identifier"),
        (lambda: assignments.move_identifier(made.pk, to=one, at=MAR), AssignmentError, "subscription"),
        (lambda: assignments.move_identifier(made.pk, to=gone, at=MAR), AssignmentError, "subscription"),
        (lambda: assignments.move_identifier(made.pk, to=2**40, at=MAR), NotAssignableError, "subscription"),
        (lambda: assignments.change_plan(one, 2**40, valid_from=MAR), NotAssignableError, "plan"),
        (lambda: assignments.change_plan(one, None, valid_from=MAR, valid_to=MAR), AssignmentError, "valid_to"),
    ]:
        with pytest.raises(kind) as rejected:
            work()
        assert rejected.value.field == field
    assert history(one) == [(A, JAN, None)]
    assert assign(gone, B, JAN, MAR).valid_to == MAR


def test_what_is_written_into_a_column_is_refused_by_that_column() -> None:
    line(iccid="8901260234567890001")
    with pytest.raises(IntegrityError) as rejected:
        line(iccid="8901260234567890001")

    error = assignments.assignment_error(rejected.value)

    assert isinstance(error, IdentifierInUseError)
    assert str(error) == "iccid: this ICCID is assigned at that time; end that assignment first, or move it"


@pytest.fixture
def plans() -> list[int]:
    return [Plan.objects.create(name=name).pk for name in ("Old", "New", "Other")]


def plan_history(subscription: int) -> list[tuple[int, datetime | None, datetime | None]]:
    rows = Subscription.objects.get(pk=subscription).plans.values_list("plan", "valid_from", "valid_to")
    return sorted(rows, key=lambda row: row[1] or datetime.min.replace(tzinfo=UTC))


def test_a_plan_is_changed_from_a_date_for_good(plans: list[int]) -> None:
    old, new, other = plans
    one = line(plan_id=old)

    assignments.change_plan(one, new, valid_from=MAR)
    assert plan_history(one) == [(old, None, MAR), (new, MAR, None)]
    assignments.change_plan(one, other, valid_from=FEB)  # earlier than the other change, which is gone

    assert plan_history(one) == [(old, None, FEB), (other, FEB, None)]
    assert Subscription.objects.get(pk=one).plan_id == other


def test_a_plan_is_changed_for_a_while(plans: list[int]) -> None:
    old, new, other = plans
    one = line(plan_id=old)
    assignments.change_plan(one, new, valid_from=MAR)

    assignments.change_plan(one, other, valid_from=FEB, valid_to=APR)

    assert plan_history(one) == [(old, None, FEB), (other, FEB, APR), (new, APR, None)]


def test_a_plan_within_another_is_cut_out_of_it(plans: list[int]) -> None:
    old, new, _ = plans
    one = line(plan_id=old)
    created = Subscription.objects.get(pk=one).plans.get().created_at

    assignments.change_plan(one, new, valid_from=FEB, valid_to=MAR)

    assert plan_history(one) == [(old, None, FEB), (new, FEB, MAR), (old, MAR, None)]
    assert [row.created_at for row in Subscription.objects.get(pk=one).plans.filter(plan=old)] == [created, created]


def test_a_change_that_is_so_already_changes_nothing(plans: list[int]) -> None:
    one = line(plan_id=plans[0])
    before = list(Subscription.objects.get(pk=one).plans.values())

    assignments.change_plan(one, plans[0], valid_from=FEB)

    assert list(Subscription.objects.get(pk=one).plans.values()) == before


def test_a_plan_may_end_without_another(plans: list[int]) -> None:
    one = line(plan_id=plans[0])

    assignments.change_plan(one, None, valid_from=FEB, valid_to=MAR)
    assert plan_history(one) == [(plans[0], None, FEB), (plans[0], MAR, None)]
    assignments.change_plan(one, None, valid_from=None)

    assert plan_history(one) == []
    assert Subscription.objects.get(pk=one).plan_id is None
