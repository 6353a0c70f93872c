"""Origins of raw records."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.db import connection, models

from wingtel import sql

_SQL = sql.statements(__package__, "sql/queries.sql")

BATCH_LINES = 1 << 20
"""Lines of a batch: `source` of a raw record is the batch's id times this, plus the offset of the line."""


class IngestBatch(models.Model):
    """Origin of records that were committed together.

    A raw record's `source` holds its batch and the offset of its line from `first_line`.
    """

    class Origin(models.TextChoices):
        IMPORT = "import", "Import of a file"
        REQUEST = "request", "HTTP request"

    origin = models.TextField(choices=Origin, db_collation="C")
    reference = models.TextField(db_collation="C", help_text="The import's number, or the request's id.")
    name = models.TextField(blank=True, help_text="The file's name; empty for a request.")
    first_line = models.BigIntegerField(help_text="Of a file, counted from 1; of a request, the index 0.")
    ingested_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        db_table = "wingtel_ingest_batch"

    def __str__(self) -> str:
        return f"{self.get_origin_display()} {self.name or self.reference}"


@dataclass(frozen=True)
class RecordOrigin:
    """Origin of a raw record: an import (its number, the file and the line) or a request (its id and the index).

    `kind` is `import` or `request`.
    """

    kind: str
    reference: str
    name: str
    line: int


def origins_of(sources: Iterable[int | None]) -> dict[int | None, RecordOrigin]:
    """Return the origins of `sources`, without those that have none."""
    known = [source for source in sources if source is not None]
    batches = IngestBatch.objects.in_bulk({source // BATCH_LINES for source in known})
    return {
        source: RecordOrigin(batch.origin, batch.reference, batch.name, batch.first_line + source % BATCH_LINES)
        for source in known
        if (batch := batches.get(source // BATCH_LINES))
    }


def delete_spent_batches() -> int:
    """Delete the batches whose raw records have all expired. Return their number."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["delete_spent_batches"], {"max_future_days": settings.WINGTEL_MAX_FUTURE_DAYS})
        return int(cursor.rowcount)
