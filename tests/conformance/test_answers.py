"""Both answers, to the byte, under all strategies on the same data."""

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client

from tests.conformance.conftest import EMPTY
from tests.conformance.oracle import RECORDS
from tests.conformance.writing import MODELS, WRITE
from tests.rounds import rounds
from wingtel.aggregates import strategies
from wingtel.subscriptions.models import Subscription
from wingtel.usage import partitions

FIRST_DAY = date(2026, 1, 20)
DAYS = [FIRST_DAY + timedelta(days=n) for n in range(0, 70, 3)]  # parts of three months

QUERIES = [
    f"/api/v1/{query}{period}{extra}"
    for query, extras in (
        ("usage/exceeding/?price_limit=20.00", ("", "&usage_type=voice", "&page_size=3", "&format=csv")),
        ("usage/metrics/?", ("", "&usage_type=data", "&page_size=3", "&subscription_id=OWNER", "&format=csv")),
    )
    for period in (
        "&from=2026-02-01&to=2026-02-28",
        "&from=2026-01-25&to=2026-03-10",
        "&from=2026-02-03&to=2026-02-20",
        *([""] if "exceeding" in query else ["&from=2026-01-01&to=2026-12-31"]),
    )
    for extra in extras
]


def answers(client: Client, owner: int) -> dict[str, list[bytes]]:
    """Return every page, or the file, of every query."""
    found: dict[str, list[bytes]] = {}
    for query in QUERIES:
        pages, following = [], query.replace("OWNER", str(owner))
        while following:
            response = client.get(following)
            assert response.status_code == 200, response
            if response.streaming:
                pages.append(response.getvalue())
                break
            body = response.json()
            pages.append(response.content.replace(body["as_of"].encode(), b"as of"))
            following = body["next"]
        found[query] = pages
    return found


@pytest.mark.django_db(transaction=True)
def test_answers_are_byte_identical_under_all_strategies(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute(EMPTY)
    partitions.ensure(DAYS)
    owners = [Subscription.objects.create(carrier="att").pk for _ in range(12)]
    drawn = random.Random(3)
    expected: dict[str, list[bytes]] = {}
    for round_ in range(rounds(2, thorough=10)):
        strategies.use("triggers")
        for number in range(60):  # more records each round, with the same answers of all strategies
            day = drawn.choice(DAYS)
            timestamp = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
            price = Decimal(drawn.randrange(10**5)) / 10**4
            WRITE["models"](
                drawn.choice(MODELS), [(f"{round_}-{number}", timestamp, drawn.choice(owners), price, number)]
            )
        expected = answers(client, owners[0])
        for other in strategies.NAMES[1:]:
            strategies.use(other)
            assert answers(client, owners[0]) == expected, f"{other} answers differently in round {round_}"
    assert any(len(pages) > 1 for pages in expected.values())


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [("", "-infinity", "infinity"), ("&from=2026-02-01&to=2026-02-28", "2026-02-01", "2026-02-28")],
    ids=["all time", "a month"],
)
def test_who_exceeds_a_limit_is_who_the_oracle_names(
    strategy: strategies.Strategy, client: Client, period: str, first: str, last: str
) -> None:
    partitions.ensure(DAYS)
    owners = [Subscription.objects.create(carrier="att").pk for _ in range(100)]
    drawn = random.Random(4)
    for batch in range(6):
        rows = []
        for number in range(150):
            day = drawn.choice(DAYS)
            price = Decimal(int(drawn.lognormvariate(9, 2))) / 10**4
            timestamp = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
            rows.append((f"{batch}-{number}", timestamp, drawn.choice(owners), price, number))
        WRITE["recorded"](MODELS[batch % 2], rows)
        if batch == 3:
            strategy.merge()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT subscription_id, usage_type, sum(price) FROM ({RECORDS}) AS record
                WHERE day BETWEEN %(first)s AND %(last)s
                GROUP BY 1, 2 HAVING sum(price) >= 5 ORDER BY 1, 2""",
            {"zone": "UTC", "first": first, "last": last},
        )
        expected = cursor.fetchall()
    assert len(expected) > 10
    found, following = [], f"/api/v1/usage/exceeding/?price_limit=5&page_size=4{period}"
    while following:
        body = client.get(following).json()
        found += [
            (result["subscription_id"], limit["usage_type"], Decimal(limit["total_price"]))
            for result in body["results"]
            for limit in result["exceeded"]
        ]
        following = body["next"]
    assert sorted(found) == expected
    largest = [
        max(price for owner, _, price in found if owner == each) for each in dict.fromkeys(o for o, _, _ in found)
    ]
    assert largest == sorted(largest, reverse=True)
