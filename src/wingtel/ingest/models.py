"""Conflicts: records with the key of a stored record and another amount."""

from django.db import models

from wingtel.subscriptions.models import Subscription
from wingtel.usage import usage_types


class UsageConflict(models.Model):
    """A record with the key of a stored record and another amount. It is not counted. Both amounts are stored here.

    Quantities are in the unit of the usage type, prices in the operator's currency. A conflict that is sent again with
    the same amount is stored once.
    """

    usage_type = models.TextField(choices=usage_types.choices, db_collation="C")
    record_id = models.CharField(max_length=100, db_collation="C")
    usage_date = models.DateTimeField()
    subscription = models.ForeignKey(
        Subscription, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    stored_quantity = models.BigIntegerField()
    stored_price = models.DecimalField(max_digits=18, decimal_places=8)
    quantity = models.BigIntegerField()
    price = models.DecimalField(max_digits=18, decimal_places=8)
    source = models.BigIntegerField(null=True, help_text="Batch and line that it came from, as of a raw record.")
    detected_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "wingtel_usage_conflict"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                name="usage_conflict_once",
                fields=["record_id", "usage_date", "subscription", "usage_type", "quantity", "price"],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.usage_type} record {self.record_id} of subscription {self.subscription_id}"
