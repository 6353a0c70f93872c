"""Raw usage records, as they come from the carriers: high volume, kept for weeks, one partition per business day."""

from decimal import Decimal
from typing import Any, ClassVar

from django.db import models, router
from uuid_utils.compat import uuid7

from wingtel.db.read_only import ReadOnlyModel, RowKeyField
from wingtel.subscriptions.models import Subscription

from . import partitions
from .adjustments import UsageAdjustment
from .days import UsageDay, UsageDaySum
from .provenance import IngestBatch
from .querysets import UsageRecordQuerySet
from .ranges import LARGEST_QUANTITY, PRICE_DECIMALS, PRICE_DIGITS
from .usage_types import UsageType

__all__ = [
    "RECORD_MODELS",
    "DataUsageRecord",
    "DataUsageRow",
    "IngestBatch",
    "RecordModel",
    "SmsUsageRecord",
    "UsageAdjustment",
    "UsageDay",
    "UsageDaySum",
    "UsageRecord",
    "UsageRow",
    "UsageType",
    "VoiceUsageRecord",
    "VoiceUsageRow",
]


def new_record_id() -> str:
    """Return a record id for usage without a carrier's reference: a UUIDv7, which grows with time."""
    return str(uuid7())


delete_usage = models.DO_NOTHING
"""The name that a migration imports. The database rejects the removal of a subscription that has records."""


class UsageRecord(models.Model):
    """The base of the records of each usage type.

    Every write of the models, their manager and querysets emits change events if the database enables them
    (wingtel.usage.change_events). Django's own signals pre_delete and post_delete are not sent.

    The primary key rejects a second record with the same reference, timestamp and subscription. It starts with the
    reference because references grow, and growing keys keep inserts append-only. There is no foreign key in the
    database: checking one row by row would cost more than storing the record (docs/decisions/0004).
    """

    pk = models.CompositePrimaryKey("record_id", "usage_date", "subscription_id")
    record_id = models.CharField(max_length=100, default=new_record_id, db_collation="C")
    usage_date = models.DateTimeField(help_text="The timestamp of the usage. Its business day decides the partition.")
    subscription = models.ForeignKey(
        Subscription, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    price = models.DecimalField(max_digits=PRICE_DIGITS, decimal_places=PRICE_DECIMALS, default=Decimal(0))
    """The raw tables have this default too; as a db_default, every insertion would have to return it."""

    source = models.BigIntegerField(null=True, editable=False)
    """The batch and line of its origin (wingtel.usage.provenance); None if it was not ingested."""

    usage_type: ClassVar[UsageType]
    quantity: ClassVar[str]
    """The field of the quantity."""

    objects = UsageRecordQuerySet.as_manager()

    class Meta:
        abstract = True
        base_manager_name = "objects"  # used by save()

    def save(self, *args: Any, **options: Any) -> None:
        """Store the record. Create the partition of its business day if it is missing."""
        partitions.ensure_for_timestamps([self.usage_date])
        super().save(*args, **options)

    def delete(self, using: str | None = None, keep_parents: bool = False) -> tuple[int, dict[str, int]]:
        """Delete the record. Return the number deleted, as Django does: one, or none if it was gone already."""
        if None in self.pk:
            raise ValueError(f"{self._meta.object_name} object can't be deleted because its primary key is not set.")
        using = using or router.db_for_write(type(self), instance=self)
        deleted = type(self)._base_manager.using(using).filter(pk=self.pk)._raw_delete(using)
        self.pk = None
        return deleted, {self._meta.label: deleted}

    def __str__(self) -> str:
        return f"{self.record_id} of subscription {self.subscription_id}"


class DataUsageRecord(UsageRecord):
    """A data session."""

    usage_type = UsageType.DATA
    quantity = "kilobytes_used"

    kilobytes_used = models.BigIntegerField()

    class Meta(UsageRecord.Meta):
        db_table = "wingtel_data_usage_record"
        constraints = [
            models.CheckConstraint(
                name="data_usage_record_quantity",
                condition=models.Q(kilobytes_used__range=(-LARGEST_QUANTITY, LARGEST_QUANTITY)),
            )
        ]


class VoiceUsageRecord(UsageRecord):
    """A call."""

    usage_type = UsageType.VOICE
    quantity = "seconds_used"

    seconds_used = models.BigIntegerField()

    class Meta(UsageRecord.Meta):
        db_table = "wingtel_voice_usage_record"
        constraints = [
            models.CheckConstraint(
                name="voice_usage_record_quantity",
                condition=models.Q(seconds_used__range=(-LARGEST_QUANTITY, LARGEST_QUANTITY)),
            )
        ]


class SmsUsageRecord(UsageRecord):
    """A text message, or several that the carrier charges together."""

    usage_type = UsageType.SMS
    quantity = "messages_sent"

    messages_sent = models.BigIntegerField()

    class Meta(UsageRecord.Meta):
        db_table = "wingtel_sms_usage_record"
        constraints = [
            models.CheckConstraint(
                name="sms_usage_record_quantity",
                condition=models.Q(messages_sent__range=(-LARGEST_QUANTITY, LARGEST_QUANTITY)),
            )
        ]


RecordModel = type[DataUsageRecord] | type[VoiceUsageRecord] | type[SmsUsageRecord]

RECORD_MODELS: dict[UsageType, RecordModel] = {
    model.usage_type: model for model in (DataUsageRecord, VoiceUsageRecord, SmsUsageRecord)
}
"""The models of raw records, by usage type."""


class UsageRow(ReadOnlyModel):
    """A raw record with a single key, for what cannot read a composite primary key, such as the admin.

    See docs/decisions/0048.
    """

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
        db_table = DataUsageRecord._meta.db_table
        managed = False
        verbose_name = "data usage record"
        constraints = [
            models.UniqueConstraint(name="data_usage_row_key", fields=["record_id", "usage_date", "subscription"])
        ]


class VoiceUsageRow(UsageRow):
    """A call, to read."""

    seconds_used = models.BigIntegerField()

    class Meta:
        db_table = VoiceUsageRecord._meta.db_table
        managed = False
        verbose_name = "voice usage record"
        constraints = [
            models.UniqueConstraint(name="voice_usage_row_key", fields=["record_id", "usage_date", "subscription"])
        ]


class SmsUsageRow(UsageRow):
    """Text messages, to read."""

    messages_sent = models.BigIntegerField()

    class Meta:
        db_table = SmsUsageRecord._meta.db_table
        managed = False
        verbose_name = "SMS usage record"
        constraints = [
            models.UniqueConstraint(name="sms_usage_row_key", fields=["record_id", "usage_date", "subscription"])
        ]
