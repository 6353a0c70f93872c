"""The columns of a subscription and its dated rows stay in step, whichever of them is written, and how."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from tests.command import CommandFailed, run
from wingtel.subscriptions.assignments import assign_identifier, not_held, refresh_current
from wingtel.subscriptions.models import COLUMNS, Carrier, Kind, Plan, Subscription, SubscriptionIdentifier

pytestmark = pytest.mark.django_db

JAN, MAR, MAY = (datetime(2026, month, 1, tzinfo=UTC) for month in (1, 3, 5))
FUTURE = datetime(2999, 1, 1, tzinfo=UTC)
A, B, C, D = (f"+1202555010{digit}" for digit in range(1, 5))
NEW_LINES = (
    "INSERT INTO wingtel_subscription (carrier, status, device_id, phone_number, phone_model, "
    "network_type, sprint_id) VALUES"
)

Held = list[tuple[str, datetime | None, datetime | None]]


def line(**values: Any) -> Subscription:
    return Subscription.objects.create(**({"carrier": Carrier.ATT} | values))


def held(subscription: Subscription, kind: Kind = Kind.MSISDN) -> Held:
    rows = SubscriptionIdentifier.objects.filter(subscription=subscription, kind=kind)
    return list(rows.order_by("valid_from", "id").values_list("value", "valid_from", "valid_to"))


def shown(subscription: Subscription, column: str = "phone_number") -> str:
    subscription.refresh_from_db()
    return str(getattr(subscription, column))


def hold(
    subscription: Subscription, value: str, first: datetime | None = None, last: datetime | None = None
) -> SubscriptionIdentifier:
    return SubscriptionIdentifier.objects.create(
        subscription=subscription, kind=Kind.MSISDN, value=value, valid_from=first, valid_to=last
    )


def execute(statement: str, *parameters: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


VALUES = {
    Kind.MSISDN: A,
    Kind.IMSI: "310150123456789",
    Kind.ICCID: "8901260234567890123",
    Kind.DEVICE_ID: "Gärt",
    Kind.EXTERNAL_ID: "crm-1",
}


@pytest.mark.parametrize("effective", [None, JAN])
def test_a_new_subscription_holds_what_it_shows(effective: datetime | None) -> None:
    made = line(effective_date=effective, **{column: VALUES[kind] for kind, column in COLUMNS.items()})

    for kind, value in VALUES.items():
        assert held(made, kind) == [(value, effective, None)]
        assert shown(made, COLUMNS[kind]) == value


def test_so_do_many_at_once_and_those_of_sql() -> None:
    new = [Subscription(carrier="att", phone_number=f"+1202555017{number}") for number in range(9)]
    made = Subscription.objects.bulk_create(new)
    execute(
        f"{NEW_LINES} ('att', 'new', 'D1', '0012025550199', '', '', ''),"
        " ('att', 'new', '', '1 (202) 555-0198', '', '', '')"
    )

    assert all(held(each) == [(each.phone_number, None, None)] for each in made)
    by_sql = Subscription.objects.exclude(pk__in=[each.pk for each in made]).order_by("pk")
    assert [held(each)[0][0] for each in by_sql] == ["+12025550199", "+12025550198"]
    assert held(by_sql[0], Kind.DEVICE_ID) == [("D1", None, None)]


def test_what_is_no_number_is_not_taken_from_sql_either() -> None:
    with pytest.raises(IntegrityError, match="subscription_identifier_form"):
        execute(f"{NEW_LINES} ('att', 'new', '', 'anonymous', '', '', '')")


def test_a_written_number_begins_now_and_the_one_before_ends() -> None:
    made, before = line(phone_number=A, effective_date=JAN), timezone.now()

    Subscription.objects.filter(pk=made.pk).update(phone_number=B)

    (first, first_from, first_to), (second, second_from, second_to) = held(made)
    assert (first, first_from, second, second_to) == (A, JAN, B, None)
    assert first_to == second_from
    assert first_to is not None
    assert before <= first_to <= timezone.now()


def test_a_number_may_be_taken_away_and_given_again() -> None:
    made = line(phone_number=A)

    execute("UPDATE wingtel_subscription SET phone_number = '' WHERE id = %s", made.pk)
    assert [(value, last is None) for value, _, last in held(made)] == [(A, False)]
    execute("UPDATE wingtel_subscription SET phone_number = %s WHERE id = %s", A, made.pk)

    periods = sorted(held(made), key=lambda row: row[2] is None)
    assert [(value, first is None, last is None) for value, first, last in periods] == [
        (A, True, False),
        (A, False, True),
    ]


def test_a_number_is_stored_in_its_normal_form_whatever_writes_it() -> None:
    made = [line(phone_number=written) for written in ("491510200001", "+49 1510 200-002", "")]
    Subscription.objects.bulk_create([Subscription(carrier="att", phone_number="0049 1510200003")])
    execute("UPDATE wingtel_subscription SET phone_number = '49 1510200004' WHERE id = %s", made[0].pk)

    stored = Subscription.objects.order_by("pk").values_list("phone_number", flat=True)

    assert list(stored) == ["+491510200004", "+491510200002", "", "+491510200003"]


def test_the_same_number_written_in_another_form_changes_nothing() -> None:
    made = line(phone_number=A)

    execute("UPDATE wingtel_subscription SET phone_number = '1 202 555 0101' WHERE id = %s", made.pk)

    assert held(made) == [(A, None, None)]


def test_before_it_is_effective_a_subscription_is_given_another_number_from_the_same_date() -> None:
    made = line(phone_number=A, effective_date=FUTURE)

    Subscription.objects.filter(pk=made.pk).update(phone_number=B)

    assert held(made) == [(B, FUTURE, None)]


def test_what_began_with_a_subscription_follows_its_effective_date() -> None:
    plan = Plan.objects.create(name="Old")
    made = line(phone_number=A, plan=plan)

    Subscription.objects.filter(pk=made.pk).update(effective_date=MAR)
    assert held(made) == [(A, MAR, None)]
    Subscription.objects.filter(pk=made.pk).update(effective_date=JAN)

    assert held(made) == [(A, JAN, None)]
    assert list(made.plans.values_list("plan", "valid_from", "valid_to")) == [(plan.pk, JAN, None)]


def test_deleting_ends_everything_then() -> None:
    plan = Plan.objects.create(name="Old")
    made = line(phone_number=A, device_id="D1", plan=plan, effective_date=JAN)
    hold(made, B, FUTURE)

    made.delete_softly()

    made.refresh_from_db()
    assert held(made) == [(A, JAN, made.deleted_at)]
    assert held(made, Kind.DEVICE_ID) == [("D1", JAN, made.deleted_at)]
    assert list(made.plans.values_list("plan", "valid_from", "valid_to")) == [(plan.pk, JAN, made.deleted_at)]
    assert (made.phone_number, made.device_id, made.plan) == (A, "D1", plan)  # what it had last


def test_deleting_may_be_backdated_even_to_before_it_began() -> None:
    made = line(phone_number=A, effective_date=MAR)

    Subscription.objects.filter(pk=made.pk).update(deleted_at=MAY)
    assert held(made) == [(A, MAR, MAY)]
    Subscription.objects.filter(pk=made.pk).update(deleted_at=JAN)

    assert held(made) == []


def test_a_subscription_that_is_restored_holds_again_what_it_shows_from_now_on() -> None:
    made = line(phone_number=A, plan=Plan.objects.create(name="Old"), effective_date=JAN)
    Subscription.objects.filter(pk=made.pk).update(deleted_at=MAR)

    Subscription.objects.filter(pk=made.pk).update(deleted_at=None)

    assert held(made)[0] == (A, JAN, MAR)
    assert [last for _, _, last in held(made)] == [MAR, None]
    assert [last for (last,) in made.plans.order_by("valid_from").values_list("valid_to")] == [MAR, None]


def test_a_deleted_subscription_is_assigned_nothing_that_outlives_it() -> None:
    made = line(phone_number=A)
    Subscription.objects.filter(pk=made.pk).update(deleted_at=MAY)

    hold(made, B, JAN, MAY)
    with pytest.raises(IntegrityError, match="was deleted at"), transaction.atomic():
        hold(made, C, JAN)
    with pytest.raises(IntegrityError, match="was deleted at"), transaction.atomic():
        made.plans.create(plan=Plan.objects.create(name="Old"))

    assert shown(made) == A


def test_a_number_in_force_is_not_taken() -> None:
    line(phone_number=A)
    other = line(carrier=Carrier.SPRINT, phone_number=B)

    for write in (
        lambda: line(carrier=Carrier.SPRINT, phone_number="1 202 555 0101"),
        lambda: Subscription.objects.filter(pk=other.pk).update(phone_number=A),
        lambda: hold(other, A),
    ):
        with pytest.raises(IntegrityError, match=r"_once|is assigned at that time"), transaction.atomic():
            write()
    assert (shown(other), held(other)) == (B, [(B, None, None)])


def test_a_number_that_was_given_up_begins_then_where_nothing_else_is_known() -> None:
    former = line(phone_number=A, effective_date=JAN)
    Subscription.objects.filter(pk=former.pk).update(deleted_at=MAR)

    unknown = line(phone_number=A)
    assert held(unknown) == [(A, MAR, None)]
    unknown.delete_softly()
    with pytest.raises(IntegrityError), transaction.atomic():
        line(phone_number=A, effective_date=JAN)


def test_an_assignment_shows_where_nothing_else_does() -> None:
    made = line()

    hold(made, A, JAN)
    assert shown(made) == A
    hold(made, B, MAR)  # a second number besides

    assert shown(made) == A


def test_when_the_shown_one_ends_the_latest_of_the_others_is_shown_then_the_next_to_come() -> None:
    made = line(phone_number=A)
    older, newer, _ = hold(made, B, JAN), hold(made, C, MAR), hold(made, D, FUTURE)

    SubscriptionIdentifier.objects.filter(value=A).update(valid_to=MAY)
    assert shown(made) == C
    newer.delete()
    assert shown(made) == B
    older.valid_to = MAY
    older.save()
    assert shown(made) == D
    SubscriptionIdentifier.objects.all().delete()

    assert shown(made) == ""


def test_a_row_that_is_moved_shows_on_the_other_subscription() -> None:
    one, other = line(phone_number=A), line()

    SubscriptionIdentifier.objects.filter(value=A).update(subscription=other)

    assert (shown(one), shown(other)) == ("", A)


def test_columns_of_other_kinds_stay_as_they_are() -> None:
    made = line(phone_number=A, device_id="D1")
    # This is how the migration left subscriptions that claimed the same number.
    execute("SET LOCAL session_replication_role = replica")
    execute("DELETE FROM wingtel_subscription_identifier WHERE kind = 'msisdn'")
    execute("SET LOCAL session_replication_role = DEFAULT")

    SubscriptionIdentifier.objects.filter(kind=Kind.DEVICE_ID).update(valid_to=MAY)

    assert (shown(made), shown(made, "device_id")) == (A, "")


def test_the_plan_that_is_written_begins_now() -> None:
    old, new = (Plan.objects.create(name=name) for name in ("Old", "New"))
    made = line(plan=old, effective_date=JAN)

    Subscription.objects.filter(pk=made.pk).update(plan=new)

    first, second = made.plans.order_by("valid_from").values_list("plan", "valid_from", "valid_to")
    assert (first[:2], second[0], second[2]) == ((old.pk, JAN), new.pk, None)
    assert first[2] == second[1] > timezone.now() - timedelta(minutes=1)
    Subscription.objects.filter(pk=made.pk).update(plan=None)
    assert made.plans.filter(valid_to=None).count() == 0
    assert shown(made, "plan") == "None"


def test_rows_of_plans_show() -> None:
    old, new = (Plan.objects.create(name=name) for name in ("Old", "New"))
    made = line()

    made.plans.create(plan=new, valid_from=FUTURE)
    assert shown(made, "plan") == "New"  # the next to come
    made.plans.create(plan=old, valid_to=FUTURE)
    assert shown(made, "plan") == "Old"
    made.plans.filter(plan=old).update(valid_to=MAR)
    assert shown(made, "plan") == "New"
    made.plans.all().delete()

    assert shown(made, "plan") == "None"


def test_what_ended_as_it_was_planned_is_followed() -> None:
    """Pretend that half an hour passed, so that planned ends lie in the past."""
    old, new = (Plan.objects.create(name=name) for name in ("Old", "New"))
    changed, moved, other = line(phone_number=A, plan=old), line(phone_number=B), line()
    then = timezone.now() - timedelta(minutes=30)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        SubscriptionIdentifier.objects.update(valid_to=then)
        hold(changed, C, then)
        hold(other, B, then)
        changed.plans.update(valid_to=then)
        changed.plans.create(plan=new, valid_from=then)
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
    assert not_held(limit=9) == [(changed.pk, Kind.MSISDN, A), (moved.pk, Kind.MSISDN, B)]

    assert refresh_current(since=then) == 0
    assert refresh_current(since=then - timedelta(minutes=1)) == 2

    assert (shown(changed), shown(changed, "plan"), shown(moved)) == (C, "New", "")
    assert refresh_current(since=then - timedelta(minutes=1)) == 0
    assert not_held(limit=9) == []


def test_check_warns_of_an_identifier_that_is_shown_and_not_held() -> None:
    made = line()
    execute("SET LOCAL session_replication_role = replica")
    execute("UPDATE wingtel_subscription SET phone_number = %s WHERE id = %s", A, made.pk)
    execute("SET LOCAL session_replication_role = DEFAULT")

    with pytest.raises(CommandFailed) as raised:
        run("check")

    assert f"Subscription {made.pk} shows the phone number {A}, which it does not hold" in str(raised.value)
    assert f"wingtel subscriptions assign {made.pk} msisdn {A} --from TIMESTAMP" in str(raised.value)
    assign_identifier(made.pk, Kind.MSISDN, A, valid_from=None)
    run("check")


def test_times_are_set_whatever_writes() -> None:
    made = line()
    created = made.created_at
    assert made.updated_at == created

    Subscription.objects.filter(pk=made.pk).update(status="active")
    made.refresh_from_db()
    first = made.updated_at
    assert (made.created_at, first > created) == (created, True)
    Subscription.objects.filter(pk=made.pk).update(status="active")  # changes nothing
    made.refresh_from_db()
    assert made.updated_at == first
    hold(made, A)
    made.refresh_from_db()

    assert made.updated_at > first


def test_the_holder_of_a_number_and_the_plan_are_known_for_any_timestamp() -> None:
    old, new = (Plan.objects.create(name=name) for name in ("Old", "New"))
    one, other = line(plan=old), line()
    hold(one, A, None, MAR)
    hold(other, A, MAY)
    Subscription.objects.filter(pk=one.pk).update(effective_date=JAN)
    one.plans.update(valid_to=MAR)
    one.plans.create(plan=new, valid_from=MAR)

    def at(function: str, *arguments: Any) -> list[int | None]:
        second = timedelta(seconds=1)
        values = []
        for timestamp in (JAN - second, JAN, MAR - second, MAR, MAY - second, MAY):
            with connection.cursor() as cursor:
                places = ", ".join(["%s"] * len(arguments))
                cursor.execute(f"SELECT {function}({places}, %s)", [*arguments, timestamp])
                values.append(cursor.fetchone()[0])
        return values

    assert at("subscription_at", "msisdn", A) == [None, one.pk, one.pk, None, None, other.pk]
    assert at("plan_at", one.pk) == [None, old.pk, old.pk, new.pk, new.pk, new.pk]
