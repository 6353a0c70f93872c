"""A database without dates is migrated with what is known: effective date, deletion, owner."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor

pytestmark = pytest.mark.django_db(transaction=True)

Row = tuple[Any, ...]
JAN, FEB, MAR, MAY = (datetime(2026, month, 1, tzinfo=UTC) for month in (1, 2, 3, 5))


class Old:
    """Another database, as it was before identifiers were dated."""

    def __init__(self) -> None:
        self.connection = connections["old"] = connection.copy(alias="old")  # migrations look it up by its alias
        self.connection.settings_dict["NAME"] += "_old"
        del self.connection.settings_dict["OPTIONS"]["pool"]
        self.connection.connect()
        self.migrate("0001_initial")

    def migrate(self, to: str) -> None:
        MigrationExecutor(self.connection).migrate([("subscriptions", to)])

    def rows(self, statement: str, *parameters: Any) -> list[Row]:
        with self.connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []

    def line(self, number: str, first: datetime | None = None, last: datetime | None = None, device: str = "") -> int:
        ((made,),) = self.rows(
            "INSERT INTO subscription (carrier, status, device_id, phone_number, phone_model, network_type, sprint_id,"
            " effective_date, deleted_at) VALUES ('att', 'active', %s, %s, '', '', '', %s, %s) RETURNING id",
            *(device, number, first, last),
        )
        return int(made)

    def upgraded(self) -> list[Row]:
        self.migrate("0003_date_what_is_known")
        return self.rows(
            "SELECT subscription_id, kind, value, valid_from, valid_to FROM subscription_identifier"
            " ORDER BY subscription_id, kind, valid_from NULLS FIRST"
        )


@pytest.fixture
def old() -> Iterator[Old]:
    name = f"{connection.settings_dict['NAME']}_old"
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        made = Old()
        yield made
        made.connection.close()
        del connections["old"]
        cursor.execute(f'DROP DATABASE "{name}"')


def test_what_is_known_becomes_the_period(old: Old) -> None:
    plain = old.line("(202) 555-0100", device=" D1 ")
    dated = old.line("12025550101", FEB)
    gone = old.line("2025550102", JAN, MAR)
    never = old.line("2025550103", MAR, MAR)
    wrong = old.line("none")

    assert old.upgraded() == [
        (plain, "device_id", "D1", None, None),
        (plain, "msisdn", "+12025550100", None, None),
        (dated, "msisdn", "+12025550101", FEB, None),
        (gone, "msisdn", "+12025550102", JAN, MAR),
    ]
    ids = [plain, never, wrong]
    shown = old.rows("SELECT phone_number, device_id FROM subscription WHERE id = ANY (%s) ORDER BY id", ids)
    assert shown == [("+12025550100", "D1"), ("+12025550103", ""), ("none", "")]


def test_a_number_that_was_given_again_is_of_each_in_turn(old: Old) -> None:
    first, second = old.line("2025550100", last=FEB), old.line("2025550100", last=MAR)
    third = old.line("+12025550100", first=MAY)
    now, before = old.line("2025550200"), old.line("2025550200", last=MAR)

    assert old.upgraded() == [
        (first, "msisdn", "+12025550100", None, FEB),
        (second, "msisdn", "+12025550100", FEB, MAR),
        (third, "msisdn", "+12025550100", MAY, None),
        (now, "msisdn", "+12025550200", MAR, None),
        (before, "msisdn", "+12025550200", None, MAR),
    ]


def test_what_several_claim_at_one_time_is_assigned_to_none(old: Old) -> None:
    old.line("2025550100")
    old.line("12025550100")
    former = old.line("2025550101", JAN)
    others = [old.line("2025550101", FEB, MAY), old.line("2025550101", MAR, MAY)]

    assert old.upgraded() == [
        (former, "msisdn", "+12025550101", JAN, FEB),
        (former, "msisdn", "+12025550101", MAY, None),
    ]
    shown = old.rows("SELECT DISTINCT phone_number FROM subscription WHERE id = ANY (%s)", others)
    assert shown == [("+12025550101",)]


def test_plans_are_dated_and_purchases_are_of_the_owner(old: Old) -> None:
    ((plan,),) = old.rows("INSERT INTO plan (name, price, data_available) VALUES ('Old', 1, 0) RETURNING id")
    with_plan, gone, never = old.line("", FEB), old.line("", None, MAR), old.line("", MAR, FEB)
    old.rows("UPDATE subscription SET plan_id = %s", plan)
    ((user,),) = old.rows(
        "INSERT INTO auth_user (username, password, is_superuser, first_name, last_name, email, is_staff, is_active,"
        " date_joined, last_login) VALUES ('ada', '', false, '', '', '', false, true, now(), now()) RETURNING id"
    )
    old.rows("UPDATE subscription SET owner_id = %s WHERE id = %s", user, with_plan)
    for subscription in (with_plan, gone):
        old.rows("INSERT INTO purchase (subscription_id, status, amount) VALUES (%s, 'pending', 1)", subscription)

    assert old.upgraded() == []
    assert old.rows("SELECT subscription_id, plan_id, valid_from, valid_to FROM subscription_plan ORDER BY 1") == [
        (with_plan, plan, FEB, None),
        (gone, plan, None, MAR),
    ]
    assert never not in [row[0] for row in old.rows("SELECT subscription_id FROM subscription_plan")]
    assert old.rows("SELECT subscription_id, user_id FROM purchase ORDER BY 1") == [(with_plan, user), (gone, None)]
