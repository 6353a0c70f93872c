"""The run history of the tasks."""

from django.db import models


class TaskRun(models.Model):
    """The last runs of one task, in any process. `failures` counts those that failed, retries included."""

    task = models.TextField(primary_key=True)
    succeeded_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    error = models.TextField(default="", help_text="Of the last run that failed.")
    runs = models.BigIntegerField(default=0)
    failures = models.BigIntegerField(default=0)

    class Meta:
        db_table = "wingtel_task_run"
        ordering = ["task"]

    def __str__(self) -> str:
        return f"{self.task}: {self.runs} runs, {self.failures} failed"
