"""Many writers at once on the same subscriptions, and populate between them: nothing is lost or counted twice."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection, connections

from tests.conformance.oracle import differences
from tests.sessions import new_connection
from wingtel.aggregates.populate import populate
from wingtel.subscriptions.models import Subscription
from wingtel.usage import partitions

pytestmark = pytest.mark.django_db(transaction=True)

DAYS = [date(2026, 3, 30) + timedelta(days=n) for n in range(4)]  # over the end of a month
WRITERS = 8


@pytest.fixture
def subscription_ids() -> list[int]:
    partitions.ensure(DAYS)
    return [Subscription.objects.create(carrier="att").pk for _ in range(20)]


def write(writer: int, subscription_ids: list[int]) -> int:
    """Insert in batches, now and then change or delete some of what was written; return the records left."""
    drawn = random.Random(writer)
    left = 0
    with new_connection() as session:
        for batch in range(15):
            with session.cursor().copy(f"COPY {drawn.choice(['data', 'voice'])}_usage_record FROM STDIN") as copy:
                for line in range(40):
                    day = drawn.choice(DAYS)
                    moment = datetime(day.year, day.month, day.day, drawn.randrange(24), tzinfo=UTC)
                    price = Decimal(drawn.randrange(10**6)) / 10**4
                    row = (
                        f"{writer}-{batch}-{line}",
                        moment,
                        drawn.choice(subscription_ids),
                        price,
                        drawn.randrange(2**40),
                    )
                    copy.write_row(row)
            left += 40
            session.commit()
            # Statements touch their keys in one order, so they wait for each other and never deadlock.
            session.execute(
                "UPDATE data_usage_record SET price = price + 1, usage_date = usage_date + interval '1 hour'"
                " WHERE record_id LIKE %s AND usage_date < '2026-04-02 20:00Z'",
                [f"{writer}-{batch}-1%"],
            )
            session.commit()
            left -= session.execute(
                "DELETE FROM voice_usage_record WHERE record_id LIKE %s", [f"{writer}-{batch}-2%"]
            ).rowcount
            session.commit()
    return left


def in_threads(*work: Callable[[], int]) -> list[int]:
    def run(task: Callable[[], int]) -> int:
        try:
            return task()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(work)) as pool:
        return list(pool.map(run, work))


def test_writers_on_the_same_subscriptions_end_equal_to_the_oracle(subscription_ids: list[int]) -> None:
    left = in_threads(*(lambda writer=n: write(writer, subscription_ids) for n in range(WRITERS)))
    assert differences() == []
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(records) FROM usage_monthly")
        assert cursor.fetchone() == (sum(left),)


def test_populate_among_writers_loses_nothing_and_counts_nothing_twice(subscription_ids: list[int]) -> None:
    def populate_often() -> int:
        return sum(populate(DAYS[n % 3], DAYS[-1]) for n in range(12)) * 0

    left = in_threads(populate_often, *(lambda writer=n: write(writer, subscription_ids) for n in range(4)))
    assert differences() == []
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(records) FROM usage_daily")
        assert cursor.fetchone() == (sum(left),)


def test_a_writer_that_waits_for_populate_adds_to_what_it_stored(subscription_ids: list[int]) -> None:
    row = ("late", datetime(2026, 3, 30, 12, tzinfo=UTC), subscription_ids[0], Decimal(1), 7)
    with new_connection() as populating, new_connection() as watching:
        watching.autocommit = True
        populating.execute("SELECT usage_populate('2026-03-30', '2026-04-02')")

        def insert() -> int:
            with new_connection() as writing:
                writing.execute("INSERT INTO data_usage_record VALUES (%s, %s, %s, %s, %s)", row)
            return 1

        with ThreadPoolExecutor(1) as pool:
            written = pool.submit(insert)
            while watching.execute(
                "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'daily_usage'::regclass"
            ).fetchone() != (1,):
                assert not written.done()
            populating.commit()
            assert written.result() == 1
    assert differences() == []
