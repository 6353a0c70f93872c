"""Raw records with a single key, for what cannot read models with a composite primary key, such as the admin."""

from django.db import models

from wingtel.db.read_only import ReadOnlyModel, RowKeyField
from wingtel.subscriptions.models import Subscription

from .ranges import PRICE_DECIMALS, PRICE_DIGITS


class UsageRow(ReadOnlyModel):
    """The base of rows of data and voice records."""

    key = RowKeyField("record_id", "usage_date", "subscription_id")
    record_id = models.CharField(max_length=100)
    usage_date = models.DateTimeField()
    subscription = models.ForeignKey(
        Subscription, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    price = models.DecimalField(max_digits=PRICE_DIGITS, decimal_places=PRICE_DECIMALS)
    source = models.BigIntegerField(null=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.record_id} of subscription {self.subscription_id}"


class DataUsageRow(UsageRow):
    """A data session, to read."""

    kilobytes_used = models.BigIntegerField()

    class Meta:
        db_table = "data_usage_record"
        managed = False
        verbose_name = "data usage record"
        constraints = [
            models.UniqueConstraint(name="data_usage_row_key", fields=["record_id", "usage_date", "subscription"])
        ]


class VoiceUsageRow(UsageRow):
    """A call, to read."""

    seconds_used = models.BigIntegerField()

    class Meta:
        db_table = "voice_usage_record"
        managed = False
        verbose_name = "voice usage record"
        constraints = [
            models.UniqueConstraint(name="voice_usage_row_key", fields=["record_id", "usage_date", "subscription"])
        ]
