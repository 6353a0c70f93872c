"""After a test that commits, the next one finds the database in its migrated state."""

from datetime import date

import pytest
from django.db import connection

from tests.emptying import empty, leave_to
from wingtel.aggregates import strategies
from wingtel.subscriptions.models import Carrier, Subscription
from wingtel.usage import partitions

pytestmark = pytest.mark.django_db(transaction=True)


def carriers() -> list[tuple[str, str, str]]:
    return list(Carrier.objects.order_by("code").values_list("code", "name", "country"))


def test_what_was_written_changed_and_damaged_is_as_it_was() -> None:
    before = carriers()
    Carrier.objects.filter(code="sprint").delete()
    Carrier.objects.filter(code="att").update(name="Another", country="DE")
    Carrier.objects.create(code="third", name="Third", country="FR")
    Subscription.objects.create(carrier="third")
    partitions.ensure([date(2026, 3, 10)])
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER usage_insert ON wingtel_data_usage_record")
    leave_to("view")

    empty()

    assert (carriers(), Subscription.objects.count(), partitions.existing()) == (before, 0, [])
    assert (strategies.active(), strategies.problems()) == (strategies.named("view"), [])
