"""Imports of files, and their rejected lines."""

from django.db import models


class UsageImport(models.Model):
    """The import of one file by one profile. The counts grow with each batch, in its transaction.

    `lines` counts the data lines, without a header. A record with a quoted field over several physical lines is one
    data line. `records` counts the stored records: a line may have one of each usage type.
    """

    class Status(models.TextChoices):
        RUNNING = "running", "Running"
        COMPLETED = "completed", "Completed"
        FAILED = "failed", "Failed"

    file = models.TextField()
    sha256 = models.CharField(max_length=64, db_index=True, help_text="Of the file's content, in hexadecimal.")
    feed = models.TextField(help_text="The profile's name.")
    profile_sha256 = models.CharField(max_length=64, default="", help_text="Of the profile's text, in hexadecimal.")
    status = models.CharField(max_length=10, choices=Status, default=Status.RUNNING)
    problem = models.TextField(default="", blank=True, help_text="The reason of the failure.")
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)
    lines = models.BigIntegerField(default=0)
    accepted = models.BigIntegerField(default=0)
    skipped = models.BigIntegerField(default=0)
    duplicate = models.BigIntegerField(default=0)
    conflict = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)
    records = models.BigIntegerField(default=0)
    header = models.TextField(default="", blank=True, help_text="The line of the file that names its columns.")
    encoding = models.CharField(max_length=10, default="utf-8", help_text="Of the file.")

    class Meta:
        db_table = "wingtel_import"
        constraints = [
            models.CheckConstraint(
                name="usage_import_adds_up",
                condition=models.Q(
                    lines=models.F("accepted")
                    + models.F("skipped")
                    + models.F("duplicate")
                    + models.F("conflict")
                    + models.F("rejected")
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"import {self.pk} of {self.file}"


class ImportedRange(models.Model):
    """A byte range of a file that is ingested, from byte `start` up to `end`; of a Parquet file, a range of rows.

    It is stored in the transaction of its batch, so that an import which was interrupted goes on with the rest.
    """

    usage_import = models.ForeignKey(UsageImport, on_delete=models.CASCADE, related_name="ranges")
    start = models.BigIntegerField()
    end = models.BigIntegerField()
    lines = models.BigIntegerField(help_text="Physical lines, to number those that follow.")

    class Meta:
        db_table = "wingtel_imported_range"
        constraints = [
            models.UniqueConstraint(name="imported_range_once", fields=["usage_import", "start"]),
        ]

    def __str__(self) -> str:
        return f"{self.start} to {self.end}"


class RejectedRecord(models.Model):
    """A rejected line and the reason. `field` is the column at fault, empty for the whole line."""

    usage_import = models.ForeignKey(UsageImport, on_delete=models.CASCADE, related_name="rejects")
    line = models.BigIntegerField(help_text="Its first line in the file, counted from 1.")
    raw = models.TextField(help_text="The line, with bytes that are not of its encoding, and NUL, as escapes.")
    field = models.TextField(blank=True)
    reason = models.TextField()

    class Meta:
        db_table = "wingtel_rejected_record"

    def __str__(self) -> str:
        return f"line {self.line}: {self.field + ': ' if self.field else ''}{self.reason}"
