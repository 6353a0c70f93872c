"""`wingtel check` reports tables, columns, indexes and constraints that differ from a new database of this version."""

from datetime import date

import pytest
from django.db import connection

from tests.command import CommandFailed, outcome, run
from tests.upgrade.catalog import PATH
from wingtel.db import catalog
from wingtel.usage import partitions

pytestmark = pytest.mark.django_db

DAY = date(2026, 3, 10)

INDEX = "CREATE INDEX monthly_usage_ceiling ON monthly_usage USING btree (((month + 0)), usage_type, ceiling)"
OTHER_INDEX = "CREATE INDEX monthly_usage_ceiling ON monthly_usage USING btree (month, ceiling)"
PERIOD = "CHECK (((period)::text = ANY ((ARRAY['month'::character varying, 'cycle'::character varying])::text[])))"
OTHER_PERIOD = (
    "ALTER TABLE price_limit DROP CONSTRAINT price_limit_period; "
    "ALTER TABLE price_limit ADD CONSTRAINT price_limit_period"
)
TERMS = (
    "CREATE TRIGGER note_terms BEFORE INSERT OR UPDATE ON price_limit FOR EACH ROW EXECUTE FUNCTION limit_note_terms()"
)
REPAIRABLE = {
    "a missing index": (
        "DROP INDEX monthly_usage_ceiling",
        "index monthly_usage_ceiling on monthly_usage is missing",
        f"Run: {INDEX};",
    ),
    "another index": (
        f"DROP INDEX monthly_usage_ceiling; {OTHER_INDEX}",
        f"index monthly_usage_ceiling on monthly_usage is {OTHER_INDEX}, not {INDEX}",
        f"Run: DROP INDEX monthly_usage_ceiling; {INDEX};",
    ),
    "a missing primary key": (
        "ALTER TABLE daily_usage DROP CONSTRAINT daily_usage_pkey",
        "constraint daily_usage_pkey on daily_usage is missing",
        "Run: ALTER TABLE daily_usage ADD CONSTRAINT daily_usage_pkey PRIMARY KEY (subscription_id, usage_type, day);",
    ),
    "another constraint": (
        f"{OTHER_PERIOD} CHECK (period <> '')",
        f"constraint price_limit_period on price_limit is CHECK (((period)::text <> ''::text)), not {PERIOD}",
        f"Run: {OTHER_PERIOD} {PERIOD};",
    ),
    "a disabled trigger": (
        "ALTER TABLE price_limit DISABLE TRIGGER note_terms",
        f"trigger note_terms on price_limit is {TERMS} DISABLED, not {TERMS}",
        f"Run: DROP TRIGGER note_terms ON price_limit; {TERMS};",
    ),
}
MISSING = {
    "another column": (
        "ALTER TABLE usage_day ALTER COLUMN reopened DROP DEFAULT",
        "column reopened on usage_day is integer NOT NULL, not integer NOT NULL DEFAULT 0",
        "Bring it to what a new database of this version has: integer NOT NULL DEFAULT 0",
    ),
    "other options of a table": (
        "ALTER TABLE total_usage RESET (fillfactor)",
        "table total_usage is TABLE, not TABLE WITH fillfactor=80",
        "Bring it to what a new database of this version has: TABLE WITH fillfactor=80",
    ),
    "another function": (
        """CREATE OR REPLACE FUNCTION limit_note_terms() RETURNS trigger LANGUAGE plpgsql
           AS 'BEGIN RETURN NEW; END'""",
        "function limit_note_terms() was changed",
        "Create it again as the migrations of this version have it.",
    ),
    "a missing table": (
        "DROP TABLE usage_rebuild",
        "table usage_rebuild is missing",
        "Bring it to what a new database of this version has: TABLE",
    ),
}
SURPLUS = {
    "an index": ("CREATE INDEX own ON purchase (status)", "index own on purchase"),
    "a constraint": ("ALTER TABLE plan ADD CONSTRAINT own CHECK (price >= 0)", "constraint own on plan"),
    "a column": ("ALTER TABLE plan ADD COLUMN own text", "column own on plan"),
    "a trigger": (
        "CREATE TRIGGER own BEFORE UPDATE ON plan FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "trigger own on plan",
    ),
    "a table": ("CREATE TABLE own (id bigint PRIMARY KEY)", "table own"),
    "a trigger that calls a function of ours": (
        "CREATE TRIGGER own BEFORE TRUNCATE ON plan EXECUTE FUNCTION usage_keep_adjustment()",
        "trigger own on plan",
    ),
    "a rule": ("CREATE RULE own AS ON UPDATE TO plan DO ALSO NOTHING", "rule own on plan"),
    "a view named like ours": ("CREATE VIEW usage_own AS SELECT 1 AS one", "view usage_own"),
    "a function named like ours": (
        "CREATE FUNCTION usage_own() RETURNS integer RETURN 1",
        "function usage_own()",
    ),
    "a function": ("CREATE FUNCTION own() RETURNS integer RETURN 1", "function own()"),
}
NO_DIFFERENCE = {
    "a constraint as pg_restore makes it of what pg_dump told": f"{OTHER_PERIOD} {PERIOD}",
    "options of autovacuum": "ALTER TABLE daily_usage SET (autovacuum_vacuum_threshold = 5000)",
    "a constraint that is to be validated": """
        ALTER TABLE data_usage_record DROP CONSTRAINT data_usage_record_quantity;
        ALTER TABLE data_usage_record ADD CONSTRAINT data_usage_record_quantity
            CHECK (kilobytes_used BETWEEN -1000000000000000 AND 1000000000000000) NOT VALID""",
}


def sql(script: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(script)


def reported() -> list[tuple[str, str]]:
    """Return what differs, each with its repair."""
    return [(str(each), each.repair) for each in catalog.differences(catalog.read(connection))]


def test_the_file_is_that_of_a_new_database() -> None:
    """Run `python -m tests.upgrade.catalog` after a migration."""
    assert PATH.read_text() == catalog.write(catalog.read(connection))


def test_partitions_are_no_difference() -> None:
    partitions.ensure([DAY])
    assert reported() == []
    partitions.forget(DAY)


@pytest.mark.parametrize(("tamper", "problem", "repair"), REPAIRABLE.values(), ids=REPAIRABLE)
def test_what_differs_is_reported_with_the_statements_that_repair_it(tamper: str, problem: str, repair: str) -> None:
    sql(tamper)
    assert reported() == [(problem, repair)]
    sql(repair.removeprefix("Run: "))
    assert reported() == []


@pytest.mark.parametrize(("tamper", "problem", "repair"), MISSING.values(), ids=MISSING)
def test_what_differs_is_reported_with_what_it_should_be(tamper: str, problem: str, repair: str) -> None:
    sql(tamper)
    assert reported() == [(problem, repair)]


@pytest.mark.parametrize("change", NO_DIFFERENCE.values(), ids=NO_DIFFERENCE)
def test_what_an_operator_may_change_is_no_difference(change: str) -> None:
    sql(change)
    assert reported() == []


@pytest.mark.parametrize(("add", "surplus"), SURPLUS.values(), ids=SURPLUS)
def test_what_is_surplus_is_reported_and_fails_nothing(add: str, surplus: str) -> None:
    sql(add)
    result = outcome("check")
    assert result.exit_code == 0
    assert result.stderr == (
        "System check identified some issues:\n\nINFOS:\n"
        f"?: (wingtel.I001) {surplus} is not of this version.\n\tHINT: Drop it, unless it is your own.\n"
        "\nSystem check identified 1 issue (0 silenced).\n"
    )


def test_the_check_fails_where_an_index_is_missing() -> None:
    sql("DROP INDEX monthly_usage_ceiling")
    with pytest.raises(CommandFailed) as failed:
        run("check")
    assert f"?: (wingtel.W007) index monthly_usage_ceiling on monthly_usage is missing.\n\tHINT: Run: {INDEX};" in str(
        failed.value
    )


def test_a_database_that_is_behind_is_to_be_migrated() -> None:
    sql("DELETE FROM django_migrations WHERE app = 'usage' AND name = '0009_credits'; DROP INDEX monthly_usage_ceiling")
    with pytest.raises(CommandFailed) as failed:
        run("check")
    assert (
        "(wingtel.W006) The database lacks 1 migration of this version.\n\tHINT: Run `wingtel manage migrate`."
        in str(failed.value)
    )
    assert "W007" not in str(failed.value)


def test_an_empty_database_lacks_nothing_yet() -> None:
    sql("DELETE FROM django_migrations")
    run("check")
