"""Where raw records came from."""

from django.db import models

BATCH_LINES = 1 << 20
"""Lines that a batch can tell apart: `source` of a raw record is its id times this, plus the line's offset."""


class IngestBatch(models.Model):
    """Records that were committed together, and where they came from.

    A raw record's `source` names its batch and its line, which is `first_line` and so many lines further.
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
        db_table = "ingest_batch"

    def __str__(self) -> str:
        return f"{self.get_origin_display()} {self.name or self.reference}"
