"""States of a business day: open, sealed, expired."""

from django.db import models

from .ranges import PRICE_DECIMALS, SUM_DIGITS


class UsageDay(models.Model):
    """State of one business day; a day without a row is open.

    Open: its aggregates follow its raw records. Sealed: they were proven equal, and the sums below are those of the
    raw records then; a late record reopens the day. Expired: its raw records are gone, its aggregates stay. While a day
    is `sealing`, a proof is running, which any write cancels.

    A fingerprint is the sum of usage_key_hash() over the raw records' sums by subscription. It proves each of these
    sums once the records are gone. Days that expired before fingerprints were kept have none.
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
    reopened_at = models.DateTimeField(null=True, help_text="When a late write last opened it after it was sealed.")
    reopened = models.IntegerField(default=0, db_default=0, help_text="How often that happened.")
    data_records = models.BigIntegerField(null=True)
    kilobytes_used = models.DecimalField(max_digits=SUM_DIGITS, decimal_places=0, null=True)
    data_price = models.DecimalField(max_digits=SUM_DIGITS, decimal_places=PRICE_DECIMALS, null=True)
    data_fingerprint = models.DecimalField(max_digits=30, decimal_places=0, null=True)
    voice_records = models.BigIntegerField(null=True)
    seconds_used = models.DecimalField(max_digits=SUM_DIGITS, decimal_places=0, null=True)
    voice_price = models.DecimalField(max_digits=SUM_DIGITS, decimal_places=PRICE_DECIMALS, null=True)
    voice_fingerprint = models.DecimalField(max_digits=30, decimal_places=0, null=True)

    class Meta:
        db_table = "usage_day"
        constraints = [
            models.CheckConstraint(
                name="usage_day_state_is_known",
                condition=models.Q(state__in=["open", "sealing", "sealed", "expired"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day}: {self.state}"
