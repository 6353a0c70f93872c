"""Results of reconciliations and rebuild runs."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from wingtel.usage.ranges import PRICE_DECIMALS, SUM_DIGITS


class Reconciliation(models.Model):
    """One comparison of the aggregates with their sources, for the business days `first` to `last`, both included.

    `differences` are the first few, each with both values. `drift_price` is the sum of the absolute differences of
    daily prices, in the operator's currency. `repaired` tells that the differences were repaired.
    """

    first = models.DateField()
    last = models.DateField()
    strategy = models.TextField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    keys = models.BigIntegerField(help_text="Daily keys compared.")
    drift_keys = models.BigIntegerField(help_text="Keys that differ, of days, months and totals.")
    drift_price = models.DecimalField(max_digits=SUM_DIGITS, decimal_places=PRICE_DECIMALS)
    repaired = models.BooleanField(default=False)
    differences = models.JSONField(default=list)

    class Meta:
        db_table = "wingtel_reconciliation"
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.first} to {self.last}: {self.drift_keys} keys differ"


class RebuildRun(models.Model):
    """One run over the business days `first` to `last`, and the days `done`. None leaves that end open."""

    first = models.DateField(null=True)
    last = models.DateField(null=True)
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)
    done = ArrayField(models.DateField(), default=list)

    class Meta:
        db_table = "wingtel_rebuild_run"

    def __str__(self) -> str:
        return f"{len(self.done)} days from {self.first} to {self.last}"
