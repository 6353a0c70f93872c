"""`wingtel check` reports tables, columns, indexes and constraints that differ from a new database of this version."""

from datetime import date

import pytest
from django.db import connection

from tests.command import CommandFailed, outcome, run
from tests.upgrade.catalog import PATH
from wingtel.db import catalog
from wingtel.db.checks import structure_is_of_this_version
from wingtel.usage import partitions

pytestmark = pytest.mark.django_db

DAY = date(2026, 3, 10)

INDEX = (
    "CREATE INDEX monthly_usage_upper_bound ON wingtel_monthly_usage USING btree (((month + 0)), "
    "usage_type, price_upper_bound)"
)
OTHER_INDEX = "CREATE INDEX monthly_usage_upper_bound ON wingtel_monthly_usage USING btree (month, price_upper_bound)"
PERIOD = "CHECK (((period)::text = ANY ((ARRAY['month'::character varying, 'cycle'::character varying])::text[])))"
OTHER_PERIOD = (
    "ALTER TABLE wingtel_price_limit DROP CONSTRAINT price_limit_period; "
    "ALTER TABLE wingtel_price_limit ADD CONSTRAINT price_limit_period"
)
TERMS = (
    "CREATE TRIGGER set_pending BEFORE INSERT OR UPDATE ON wingtel_price_limit FOR EACH ROW EXECUTE "
    "FUNCTION limit_set_pending()"
)
REPAIRABLE = {
    "a missing index": (
        "DROP INDEX monthly_usage_upper_bound",
        "index monthly_usage_upper_bound on wingtel_monthly_usage is missing",
        f"Run: {INDEX};",
    ),
    "another index": (
        f"DROP INDEX monthly_usage_upper_bound; {OTHER_INDEX}",
        f"index monthly_usage_upper_bound on wingtel_monthly_usage is {OTHER_INDEX}, not {INDEX}",
        f"Run: DROP INDEX monthly_usage_upper_bound; {INDEX};",
    ),
    "a missing primary key": (
        "ALTER TABLE wingtel_daily_usage DROP CONSTRAINT wingtel_daily_usage_pkey",
        "constraint wingtel_daily_usage_pkey on wingtel_daily_usage is missing",
        (
            "Run: ALTER TABLE wingtel_daily_usage ADD CONSTRAINT wingtel_daily_usage_pkey PRIMARY KEY "
            "(subscription_id, usage_type, day);"
        ),
    ),
    "another constraint": (
        f"{OTHER_PERIOD} CHECK (period <> '')",
        f"constraint price_limit_period on wingtel_price_limit is CHECK (((period)::text <> ''::text)), not {PERIOD}",
        f"Run: {OTHER_PERIOD} {PERIOD};",
    ),
    "a disabled trigger": (
        "ALTER TABLE wingtel_price_limit DISABLE TRIGGER set_pending",
        f"trigger set_pending on wingtel_price_limit is {TERMS} DISABLED, not {TERMS}",
        f"Run: DROP TRIGGER set_pending ON wingtel_price_limit; {TERMS};",
    ),
}
MISSING = {
    "another column": (
        "ALTER TABLE wingtel_usage_day ALTER COLUMN reopened DROP DEFAULT",
        "column reopened on wingtel_usage_day is integer NOT NULL, not integer NOT NULL DEFAULT 0",
        "Bring it to what a new database of this version has: integer NOT NULL DEFAULT 0",
    ),
    "other options of a table": (
        "ALTER TABLE wingtel_lifetime_usage RESET (fillfactor)",
        "table wingtel_lifetime_usage is TABLE, not TABLE WITH fillfactor=80",
        "Bring it to what a new database of this version has: TABLE WITH fillfactor=80",
    ),
    "a missing table": (
        "DROP TABLE wingtel_rebuild_run",
        "table wingtel_rebuild_run is missing",
        "Bring it to what a new database of this version has: TABLE",
    ),
}
SURPLUS = {
    "an index": ("CREATE INDEX own ON wingtel_purchase (status)", "index own on wingtel_purchase"),
    "a constraint": (
        "ALTER TABLE wingtel_plan ADD CONSTRAINT own CHECK (price >= 0)",
        "constraint own on wingtel_plan",
    ),
    "a column": ("ALTER TABLE wingtel_plan ADD COLUMN own text", "column own on wingtel_plan"),
    "a trigger": (
        (
            "CREATE TRIGGER own BEFORE UPDATE ON wingtel_plan FOR EACH ROW EXECUTE FUNCTION "
            "suppress_redundant_updates_trigger()"
        ),
        "trigger own on wingtel_plan",
    ),
    "a table": ("CREATE TABLE own (id bigint PRIMARY KEY)", "table own"),
    "a trigger that calls a function of ours": (
        "CREATE TRIGGER own BEFORE TRUNCATE ON wingtel_plan EXECUTE FUNCTION usage_protect_adjustment()",
        "trigger own on wingtel_plan",
    ),
    "a rule": ("CREATE RULE own AS ON UPDATE TO wingtel_plan DO ALSO NOTHING", "rule own on wingtel_plan"),
    "a view named like ours": ("CREATE VIEW usage_own AS SELECT 1 AS one", "view usage_own"),
    "a function named like ours": (
        "CREATE FUNCTION usage_own() RETURNS integer RETURN 1",
        "function usage_own()",
    ),
    "a function": ("CREATE FUNCTION own() RETURNS integer RETURN 1", "function own()"),
}
NO_DIFFERENCE = {
    "a constraint as pg_restore makes it of what pg_dump told": f"{OTHER_PERIOD} {PERIOD}",
    "options of autovacuum": "ALTER TABLE wingtel_daily_usage SET (autovacuum_vacuum_threshold = 5000)",
    "a constraint that is to be validated": """
        ALTER TABLE wingtel_data_usage_record DROP CONSTRAINT data_usage_record_quantity;
        ALTER TABLE wingtel_data_usage_record ADD CONSTRAINT data_usage_record_quantity
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
    sql("DROP INDEX monthly_usage_upper_bound")
    with pytest.raises(CommandFailed) as failed:
        run("check")
    assert (
        f"?: (wingtel.W007) index monthly_usage_upper_bound on wingtel_monthly_usage is missing.\n\tHINT: Run: {INDEX};"
        in str(failed.value)
    )


def test_a_database_that_is_behind_is_to_be_migrated() -> None:
    sql("DELETE FROM django_migrations WHERE app = 'wingtel_tasks' AND name = '0001_initial'")
    sql("DROP INDEX monthly_usage_upper_bound")
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


def test_tables_of_django_and_of_other_apps_are_their_own_business() -> None:
    sql("ALTER TABLE auth_group ADD COLUMN own text; DROP TABLE django_session")
    sql("ALTER TABLE wingtel_plan ADD COLUMN own text")
    found = structure_is_of_this_version(app_configs=None, databases=["default"])
    assert [each.msg for each in found] == ["column own on wingtel_plan is not of this version."]
