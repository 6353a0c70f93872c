"""One of several writers, in a process of its own: Django is set up only there."""

from multiprocessing.synchronize import Barrier

from benchmarks.strategies.feed import SUBSCRIPTIONS, Row, rows

BATCH = 1_000


def write(barrier: Barrier, number: int, writers: int, records: int, same: bool, by_copy: bool) -> None:
    """Send a writer's records, between two meetings at the barrier."""
    import django  # noqa: PLC0415 - a process of its own

    django.setup()
    own_rows = _rows_of_writer(number, writers, records, same)
    barrier.wait()
    try:
        _send(own_rows, by_copy)
    finally:
        barrier.wait()


def _rows_of_writer(number: int, writers: int, records: int, same: bool) -> list[Row]:
    own = SUBSCRIPTIONS // writers
    return [
        (f"{record_id}-{number}", timestamp, subscription + (0 if same else number * own), price, kilobytes)
        for record_id, timestamp, subscription, price, kilobytes in rows(records, own)
    ]


def _send(own_rows: list[Row], by_copy: bool) -> None:
    from django.db import connection  # noqa: PLC0415 - needs Django set up

    from benchmarks.strategies.copying import COPY  # noqa: PLC0415 - needs Django set up
    from wingtel.ingest.inputs import UsageRecordInput  # noqa: PLC0415 - needs Django set up
    from wingtel.ingest.service import ingest_usage  # noqa: PLC0415 - needs Django set up
    from wingtel.usage.models import UsageType  # noqa: PLC0415 - needs Django set up

    for first in range(0, len(own_rows), BATCH):
        batch = own_rows[first : first + BATCH]
        if by_copy:
            with connection.cursor() as cursor, cursor.copy(COPY) as copy:
                copy.write("".join("\t".join(map(str, row)) + "\n" for row in batch))
        else:
            ingest_usage(
                [
                    UsageRecordInput(UsageType.DATA, timestamp, of, used, price, name)
                    for name, timestamp, of, price, used in batch
                ]
            )
