"""States of a business day: open, sealed, expired."""

from django.db import models

from . import usage_types
from .ranges import PRICE_DECIMALS, SUM_DIGITS


class UsageDay(models.Model):
    """State of one business day; a day without a row is open.

    Open: its aggregates follow its raw records. Sealed: they were proven equal, and `sums` are those of the
    raw records then; a late record reopens the day. Expired: its raw records are gone, its aggregates stay. While a day
    is `sealing`, a proof is running, which any write cancels.

    """

    class State(models.TextChoices):
        OPEN = "open", "Open"
        SEALING = "sealing", "Being sealed"
        SEALED = "sealed", "Sealed"
        EXPIRED = "expired", "Expired"

    day = models.DateField(primary_key=True)
    state = models.TextField(choices=State, default=State.OPEN, db_default=State.OPEN, db_collation="C")
    sealed_at = models.DateTimeField(null=True)
    expired_at = models.DateTimeField(null=True)
    reopened_at = models.DateTimeField(
        null=True, help_text="The timestamp at which a late write last opened it after it was sealed."
    )
    reopened = models.IntegerField(default=0, db_default=0, help_text="The number of times that this happened.")

    class Meta:
        db_table = "wingtel_usage_day"
        constraints = [
            models.CheckConstraint(
                name="usage_day_state_is_known",
                condition=models.Q(state__in=["open", "sealing", "sealed", "expired"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day}: {self.state}"


class UsageDaySum(models.Model):
    """Sums of a sealed day's raw records of one usage type.

    `used` is in the unit of the usage type, `price` in the operator's currency. `fingerprint` is the sum of
    usage_key_hash() over the sums by subscription. It proves each of these once the records are gone.
    """

    pk = models.CompositePrimaryKey("day", "usage_type")
    day = models.ForeignKey(UsageDay, on_delete=models.CASCADE, related_name="sums", db_column="day", db_index=False)
    usage_type = models.TextField(choices=usage_types.choices, db_collation="C")
    records = models.BigIntegerField()
    used = models.DecimalField(max_digits=SUM_DIGITS, decimal_places=0)
    price = models.DecimalField(max_digits=SUM_DIGITS, decimal_places=PRICE_DECIMALS)
    fingerprint = models.DecimalField(max_digits=30, decimal_places=0)

    class Meta:
        db_table = "wingtel_usage_day_sum"

    def __str__(self) -> str:
        return f"{self.usage_type} of {self.day_id}"
