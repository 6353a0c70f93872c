"""Emptying of the database after a test that committed: what Django's `flush` does, in a quarter of its time.

`flush` creates the files of all tables again, and permissions and groups. Here rows are deleted only from tables that
have some, and rows of migrations stay. Partitions are dropped, since planning is slow with those of hundreds of days.
"""

from django.db import connection
from django.test import TransactionTestCase

from wingtel.aggregates import strategies
from wingtel.aggregates.apps import install
from wingtel.subscriptions import carriers
from wingtel.usage import partitions
from wingtel.usage.business_days import set_time_zone, time_zone

EMPTIED = """
DO $$
DECLARE
    emptied regclass;
BEGIN
    SET LOCAL session_replication_role = replica;  -- no triggers, no foreign keys
    FOR emptied IN
        SELECT oid::regclass FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND NOT relispartition
          AND pg_relation_size(oid) > 0
          AND relname NOT IN ('django_migrations', 'django_content_type', 'auth_permission', 'auth_group',
                              'wingtel_carrier', 'wingtel_active_strategy')
    LOOP
        -- The planner would treat an analyzed table as empty, however many rows the next test inserts.
        IF pg_relation_size(emptied) > 131072 OR (SELECT reltuples >= 0 FROM pg_class WHERE oid = emptied) THEN
            EXECUTE 'TRUNCATE ' || emptied || ' CASCADE';
        ELSE
            EXECUTE 'DELETE FROM ' || emptied;
        END IF;
    END LOOP;
    DELETE FROM wingtel_carrier
    WHERE (code, name, country) NOT IN (('att', 'AT&T', 'US'), ('sprint', 'Sprint', 'US'));
    INSERT INTO wingtel_carrier (code, name, country) VALUES ('att', 'AT&T', 'US'), ('sprint', 'Sprint', 'US')
    ON CONFLICT DO NOTHING;
END $$
"""

DEFAULT = "triggers"
"""The strategy of a newly migrated database."""

_next_strategy = DEFAULT


def leave_to(strategy: str) -> None:
    """Set the strategy of the next test, so that consecutive tests of one strategy do not switch."""
    global _next_strategy  # noqa: PLW0603 - Django calls `empty` without the test
    _next_strategy = strategy


def empty(_: object = None) -> None:
    """Restore the migrated state of the database, with the strategy of the next test and UTC."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits JOIN pg_class ON oid = inhrelid AND relkind = 'r'"
        )
        partitions._known.clear()
        if partition_names := [partition for (partition,) in cursor.fetchall()]:
            cursor.execute(f"DROP TABLE {', '.join(partition_names)}")
        cursor.execute(EMPTIED)
    carriers.forget()
    if strategies.active() is None:
        install()
    strategies.use(_next_strategy)  # repairs what a test damaged
    if time_zone().key != "UTC":
        set_time_zone("UTC")


def instead_of_flushing() -> None:
    """Call `empty` after every test that may commit, in place of Django's `flush`."""
    # Django flushes here. Its type stubs omit private methods.
    TransactionTestCase._fixture_teardown = empty  # type: ignore[attr-defined]
