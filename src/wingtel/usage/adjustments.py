"""Corrections of usage, for days whose raw records are gone or must not be changed."""

from django.db import models

from wingtel.subscriptions.models import Subscription

from . import usage_types
from .ranges import LARGEST_QUANTITY, PRICE_DECIMALS, PRICE_DIGITS
from .usage_types import UsageType


class UsageAdjustment(models.Model):
    """A signed correction to what one subscription used and paid on one business day; kept for ever.

    Like raw records, it is a source of the aggregates: the database counts it on insertion, under every strategy. The
    database rejects its change or deletion; another adjustment reverses it. `used` is in the unit of the usage type,
    `price` in the operator's currency; both may be negative. A credit of a carrier's file has the key of a record, so
    that it is not counted twice.
    """

    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="adjustments")
    usage_type = models.TextField(choices=usage_types.choices, db_collation="C")
    day = models.DateField()
    used = models.BigIntegerField(default=0)
    price = models.DecimalField(max_digits=PRICE_DIGITS, decimal_places=PRICE_DECIMALS, default=0)
    reason = models.TextField(help_text="The reason, for later reference.")
    actor = models.TextField(help_text="The person or API key that made it.")
    created_at = models.DateTimeField(auto_now_add=True)
    record_id = models.CharField(
        max_length=100, db_collation="C", default="", db_default="", help_text="The carrier's reference of a credit."
    )
    usage_date = models.DateTimeField(null=True, help_text="The timestamp of a credit; of others there is none.")
    reverses = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="reversed_by")

    class Meta:
        db_table = "wingtel_usage_adjustment"
        indexes = [
            models.Index(name="usage_adjustment_day", fields=["day", "subscription"]),
        ]
        constraints = [
            models.UniqueConstraint(
                name="usage_adjustment_credit_once",
                fields=["record_id", "usage_date", "subscription", "usage_type"],
                condition=models.Q(usage_date__isnull=False),
            ),
            models.CheckConstraint(
                name="usage_adjustment_type_is_known", condition=models.Q(usage_type__in=UsageType.values)
            ),
            models.CheckConstraint(
                name="usage_adjustment_says_why", condition=~models.Q(reason="") & ~models.Q(actor="")
            ),
            models.CheckConstraint(
                name="usage_adjustment_quantity",
                condition=models.Q(used__range=(-LARGEST_QUANTITY, LARGEST_QUANTITY))
                | models.Q(reverses__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"adjustment {self.pk} of subscription {self.subscription_id} on {self.day}"
