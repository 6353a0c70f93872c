"""Creating the subscriptions that usage names and nobody has yet."""

from collections.abc import Iterable

from django.db import connection, transaction

from wingtel import sql
from wingtel.subscriptions.models import Subscription

from .columns import Columns
from .entries import NamedBy

_SQL = sql.statements(__package__, "sql/creating.sql")


def create_unknown(columns: Columns, named_by: NamedBy) -> int:
    """Create a subscription for each unknown name, with the carrier of the first entry that has it; say how many."""
    # The first of a name is put in last.
    carriers = dict(zip(map(str, reversed(columns.subscriptions)), reversed(columns.carriers), strict=True))
    if not _unknown(carriers, named_by):
        return 0
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_SQL["lock"])
        # Asked again behind the lock: another session may have created some meanwhile.
        created = Subscription.objects.bulk_create(
            Subscription(carrier=carriers[name], status=Subscription.Status.ACTIVE, **{named_by.value: name})
            for name in _unknown(carriers, named_by)
        )
    return len(created)


def _unknown(names: Iterable[str], named_by: NamedBy) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(_SQL["unknown"].replace("{column}", named_by.value), {"names": list(names)})
        return [name for (name,) in cursor.fetchall()]
