"""Any sequence of writes leaves the views equal to the GROUP BY over the raw records."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import F
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from tests.conformance import writing
from tests.conformance.conftest import EMPTY
from tests.conformance.oracle import differences
from tests.rounds import rounds
from wingtel.aggregates.rebuild import rebuild_day
from wingtel.aggregates.strategies import Strategy
from wingtel.subscriptions.models import Subscription
from wingtel.usage import partitions
from wingtel.usage.models import DataUsageRecord, UsageRecord, VoiceUsageRecord
from wingtel.usage.ranges import LARGEST_QUANTITY

FIRST_DAY = date(2026, 2, 27)  # three days of February and three of March
DAYS = [FIRST_DAY + timedelta(days=n) for n in range(6)]
SUBSCRIPTIONS = 4

models = st.sampled_from([DataUsageRecord, VoiceUsageRecord])
subscriptions = st.integers(0, SUBSCRIPTIONS - 1)
timestamps = st.builds(
    lambda day, second: datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(seconds=second),
    st.sampled_from(DAYS),
    st.sampled_from([0, 1, 43200, 86399]),
)
prices = st.decimals(0, 10**6, places=4)
quantities = st.one_of(st.integers(0, 5000), st.integers(2**31, LARGEST_QUANTITY))
records = st.lists(st.tuples(subscriptions, timestamps, quantities, prices), min_size=1, max_size=8)


counts_models = precondition(lambda self: self.strategy.counts_models)
counts_sql = precondition(lambda self: self.strategy.counts_sql)


class UndoneError(Exception):
    """An exception that ends a savepoint on purpose."""


class Writes(RuleBasedStateMachine):
    """Writes of every kind. Record ids grow, so that no write is rejected as a duplicate."""

    ids: list[int]
    strategy: Strategy

    def __init__(self) -> None:
        super().__init__()
        with connection.cursor() as cursor:
            cursor.execute(EMPTY)
        self.next_id = 0

    def rows(self, drawn: list[tuple[int, datetime, int, Decimal]]) -> list[tuple[str, datetime, int, Decimal, int]]:
        made = []
        for subscription, timestamp, quantity, price in drawn:
            self.next_id += 1
            made.append((f"r-{self.next_id:06}", timestamp, self.ids[subscription], price, quantity))
        return made

    def objects(self, model: type[UsageRecord], drawn: list[tuple[int, datetime, int, Decimal]]) -> list[UsageRecord]:
        return writing.objects(model, self.rows(drawn))

    @rule(model=models, drawn=records)
    def ingest(self, model: type[UsageRecord], drawn: list[tuple[int, datetime, int, Decimal]]) -> None:
        writing.record(model, self.rows(drawn))

    @rule(model=models, drawn=records)
    def ingest_what_exists_already(
        self, model: type[UsageRecord], drawn: list[tuple[int, datetime, int, Decimal]]
    ) -> None:
        rows = self.rows(drawn)
        writing.record(model, rows[:1])
        writing.record(model, [*rows, *rows])

    @precondition(lambda self: self.strategy.has_deltas)
    @rule()
    def merge(self) -> None:
        self.strategy.merge()

    @counts_models
    @rule(model=models, drawn=records)
    def create_one_by_one(self, model: type[UsageRecord], drawn: list[tuple[int, datetime, int, Decimal]]) -> None:
        for record in self.objects(model, drawn):
            record.save(force_insert=True)

    @counts_models
    @rule(model=models, drawn=records)
    def bulk_create(self, model: type[UsageRecord], drawn: list[tuple[int, datetime, int, Decimal]]) -> None:
        model.objects.bulk_create(self.objects(model, drawn))

    @counts_sql
    @rule(model=models, drawn=records)
    def copy(self, model: type[UsageRecord], drawn: list[tuple[int, datetime, int, Decimal]]) -> None:
        writing.copy(model, self.rows(drawn))

    @counts_sql
    @rule(model=models, drawn=records)
    def insert_into_partitions_by_name(
        self, model: type[UsageRecord], drawn: list[tuple[int, datetime, int, Decimal]]
    ) -> None:
        with connection.cursor() as cursor:
            for row in self.rows(drawn):
                partition = f"{model._meta.db_table}_{row[1]:%Y%m%d}"
                cursor.execute(f"INSERT INTO {partition} VALUES (%s, %s, %s, %s, %s)", row)

    @counts_sql
    @rule(model=models, day=st.sampled_from(DAYS), drawn=records)
    def merge_into_a_partition_by_name(
        self, model: type[UsageRecord], day: date, drawn: list[tuple[int, datetime, int, Decimal]]
    ) -> None:
        """Insert records, and then change those that exist."""
        partition = f"{model._meta.db_table}_{day:%Y%m%d}"
        columns = f"record_id, usage_date, subscription_id, price, {writing.quantity_of(model)}"
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        rows = [(record_id, noon, *rest) for record_id, _, *rest in self.rows(drawn)]
        made = ", ".join(["(%s, %s::timestamptz, %s::bigint, %s::numeric, %s::bigint)"] * len(rows))
        with connection.cursor() as cursor:
            cursor.execute(
                f"""MERGE INTO {partition} AS raw
                    USING (VALUES {made} UNION ALL SELECT {columns} FROM {partition})
                        AS source (record, at, whose, paid, used)
                    ON raw.record_id = source.record
                    WHEN NOT MATCHED THEN INSERT ({columns}) VALUES (record, at, whose, paid, used)
                    WHEN MATCHED THEN UPDATE SET price = raw.price + 1""",
                [value for row in rows for value in row],
            )

    @counts_models
    @rule(model=models, drawn=records)
    def insert_what_exists_already(
        self, model: type[UsageRecord], drawn: list[tuple[int, datetime, int, Decimal]]
    ) -> None:
        objects = self.objects(model, drawn)
        model.objects.bulk_create(objects)
        model.objects.bulk_create(objects, ignore_conflicts=True)

    @counts_models
    @rule(model=models, subscription=subscriptions, price=prices, quantity=quantities)
    def change_amounts(self, model: type[UsageRecord], subscription: int, price: Decimal, quantity: int) -> None:
        model.objects.filter(subscription_id=self.ids[subscription]).update(
            price=F("price") / 2 + price, **{writing.quantity_of(model): quantity}
        )

    @counts_models
    @rule(model=models, price=prices)
    def bulk_update(self, model: type[UsageRecord], price: Decimal) -> None:
        some = list(model.objects.order_by("record_id")[:5])
        for record in some:
            record.price = price
        model.objects.bulk_update(some, ["price"])

    @counts_sql
    @rule(model=models, source=st.sampled_from(DAYS), by=st.integers(-5, 5))
    def move_day(self, model: type[UsageRecord], source: date, by: int) -> None:
        if source + timedelta(days=by) not in DAYS:
            return
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {model._meta.db_table} SET usage_date = usage_date + %s * interval '1 day'"
                " WHERE (usage_date AT TIME ZONE 'UTC')::date = %s",
                [by, source],
            )

    @counts_models
    @rule(model=models, source=st.sampled_from(DAYS), by=st.integers(-5, 5))
    def move_day_by_queryset(self, model: type[UsageRecord], source: date, by: int) -> None:
        if source + timedelta(days=by) not in DAYS:
            return
        midnight = datetime(source.year, source.month, source.day, tzinfo=UTC)
        model.objects.filter(usage_date__gte=midnight, usage_date__lt=midnight + timedelta(days=1)).update(
            usage_date=F("usage_date") + timedelta(days=by)
        )

    @counts_models
    @rule(model=models, drawn=records, price=prices)
    def save_again(
        self, model: type[UsageRecord], drawn: list[tuple[int, datetime, int, Decimal]], price: Decimal
    ) -> None:
        for record in self.objects(model, drawn):
            record.save()
            record.price = price
            record.save()

    @counts_models
    @rule(model=models, drawn=records)
    def delete_one_by_one(self, model: type[UsageRecord], drawn: list[tuple[int, datetime, int, Decimal]]) -> None:
        records = self.objects(model, drawn)
        model.objects.bulk_create(records)
        for record in records[::2]:
            record.delete()

    @counts_models
    @rule(model=models, source=subscriptions, receiver=subscriptions)
    def move_subscription(self, model: type[UsageRecord], source: int, receiver: int) -> None:
        model.objects.filter(subscription_id=self.ids[source]).update(subscription_id=self.ids[receiver])

    @counts_models
    @rule(model=models, subscription=subscriptions)
    def delete(self, model: type[UsageRecord], subscription: int) -> None:
        model.objects.filter(subscription_id=self.ids[subscription]).delete()

    @counts_sql
    @rule(model=models, day=st.sampled_from(DAYS))
    def delete_a_partition_by_name(self, model: type[UsageRecord], day: date) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {model._meta.db_table}_{day:%Y%m%d}")

    @counts_sql
    @rule(model=models)
    def truncate(self, model: type[UsageRecord]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {model._meta.db_table}")

    @counts_sql
    @rule(model=models, day=st.sampled_from(DAYS))
    def truncate_a_partition(self, model: type[UsageRecord], day: date) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {model._meta.db_table}_{day:%Y%m%d}")

    @counts_models
    @rule(model=models, kept=records, undone=records, subscription=subscriptions)
    def roll_back_to_a_savepoint(
        self,
        model: type[UsageRecord],
        kept: list[tuple[int, datetime, int, Decimal]],
        undone: list[tuple[int, datetime, int, Decimal]],
        subscription: int,
    ) -> None:
        with transaction.atomic():
            model.objects.bulk_create(self.objects(model, kept))
            with suppress(UndoneError), transaction.atomic():
                model.objects.bulk_create(self.objects(model, undone))
                model.objects.filter(subscription_id=self.ids[subscription]).delete()
                raise UndoneError

    @rule(first=st.sampled_from(DAYS), days=st.integers(0, 5))
    def rebuild(self, first: date, days: int) -> None:
        for number in range(days + 1):
            rebuild_day(first + timedelta(days=number))

    @invariant()
    def views_equal_the_oracle(self) -> None:
        assert differences() == []


def test_views_equal_the_oracle_after_any_sequence_of_writes(strategy: Strategy) -> None:
    partitions.ensure(DAYS)
    Writes.strategy = strategy
    Writes.ids = [Subscription.objects.create(carrier="att").pk for _ in range(SUBSCRIPTIONS)]
    run_state_machine_as_test(
        Writes,
        settings=settings(
            max_examples=rounds(12, thorough=200),
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
