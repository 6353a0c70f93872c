"""Raw usage records, as they come from the carriers: high volume, kept for weeks, one partition per business day."""

from typing import Any

from django.db import models
from uuid_utils.compat import uuid7

from wingtel.subscriptions.models import Subscription

from . import partitions
from .querysets import UsageRecordQuerySet


class UsageType(models.TextChoices):
    """What was used. Data is counted in kilobytes, voice in seconds."""

    DATA = "data", "Data"
    VOICE = "voice", "Voice"

    @property
    def unit(self) -> str:
        """The unit of the quantity: `kilobytes` or `seconds`."""
        return "kilobytes" if self is UsageType.DATA else "seconds"


def new_record_id() -> str:
    """A record id for usage that came without the carrier's own reference: a UUIDv7, which grows with time."""
    return str(uuid7())


class UsageRecord(models.Model):
    """What data and voice records share.

    The primary key refuses a second record with the same reference, moment and subscription. It starts with
    the reference because references grow, and growing keys keep inserts append-only. There is no foreign key in the
    database: checking one row by row would cost more than storing the record (docs/decisions/0004).
    """

    pk = models.CompositePrimaryKey("record_id", "usage_date", "subscription_id")
    record_id = models.CharField(max_length=100, default=new_record_id, db_collation="C")
    usage_date = models.DateTimeField(help_text="When it was used; its business day decides the partition.")
    subscription = models.ForeignKey(
        Subscription, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="+"
    )
    price = models.DecimalField(max_digits=14, decimal_places=4)

    objects = UsageRecordQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **options: Any) -> None:
        """Store the record, in a partition made for it when its business day has none."""
        partitions.ensure_for_moments([self.usage_date])
        super().save(*args, **options)

    def __str__(self) -> str:
        return f"{self.record_id} of subscription {self.subscription_id}"


class DataUsageRecord(UsageRecord):
    """A data session."""

    kilobytes_used = models.BigIntegerField()

    class Meta:
        db_table = "data_usage_record"


class VoiceUsageRecord(UsageRecord):
    """A call."""

    seconds_used = models.BigIntegerField()

    class Meta:
        db_table = "voice_usage_record"
