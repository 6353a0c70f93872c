"""What came in: every import of a file, and every line that was refused."""

from django.db import models


class UsageImport(models.Model):
    """One run over one file. The counts grow with each chunk, in the transaction that records it.

    `lines` are the data lines: a header is none, and a quoted field over several physical lines makes one.
    """

    class Status(models.TextChoices):
        RUNNING = "running", "Running"
        COMPLETED = "completed", "Completed"
        FAILED = "failed", "Failed"

    file = models.TextField()
    sha256 = models.CharField(max_length=64, db_index=True, help_text="Of the file's content, in hexadecimal.")
    feed = models.TextField(help_text="The profile's name.")
    status = models.CharField(max_length=10, choices=Status, default=Status.RUNNING)
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)
    lines = models.BigIntegerField(default=0)
    accepted = models.BigIntegerField(default=0)
    skipped = models.BigIntegerField(default=0)
    duplicate = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)

    class Meta:
        db_table = "usage_import"
        constraints = [
            models.CheckConstraint(
                name="usage_import_adds_up",
                condition=models.Q(
                    lines=models.F("accepted") + models.F("skipped") + models.F("duplicate") + models.F("rejected")
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"import {self.pk} of {self.file}"


class RejectedRecord(models.Model):
    """One line that was refused, and why. `field` is the column at fault, empty for the line as a whole."""

    usage_import = models.ForeignKey(UsageImport, on_delete=models.CASCADE, related_name="rejects")
    line = models.BigIntegerField(help_text="Where it starts in the file, counted from 1.")
    raw = models.TextField(help_text="The line, with what is not UTF-8 and NUL written as escapes.")
    field = models.TextField(blank=True)
    reason = models.TextField()

    class Meta:
        db_table = "rejected_record"

    def __str__(self) -> str:
        return f"line {self.line}: {self.field + ': ' if self.field else ''}{self.reason}"
