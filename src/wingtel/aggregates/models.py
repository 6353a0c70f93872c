"""The views of the aggregates, `usage_daily` and `usage_monthly`, and the stored tables, which readers do not use."""

from django.db import models

from wingtel.db.read_only import ReadOnlyModel, RowKeyField
from wingtel.subscriptions.models import Subscription
from wingtel.usage import usage_types
from wingtel.usage.ranges import PRICE_DECIMALS, SUM_DIGITS


class StoredUsage(models.Model):
    """Usage and price of one subscription for one usage type in one period.

    `used` is in the unit of the usage type, `price` in the operator's currency, `records` counts the usage records. A
    row of zeros means no usage; the views leave it out.
    """

    subscription = models.ForeignKey(
        Subscription, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    usage_type = models.TextField(choices=usage_types.choices, db_collation="C")
    used = models.DecimalField(max_digits=SUM_DIGITS, decimal_places=0)
    price = models.DecimalField(max_digits=SUM_DIGITS, decimal_places=PRICE_DECIMALS)
    records = models.BigIntegerField()

    class Meta:
        abstract = True


class DailyUsage(StoredUsage):
    """Usage of one business day."""

    pk = models.CompositePrimaryKey("subscription_id", "usage_type", "day")
    day = models.DateField()

    class Meta:
        db_table = "wingtel_daily_usage"

    def __str__(self) -> str:
        return f"{self.usage_type} of subscription {self.subscription_id} on {self.day}"


class MonthlyUsage(StoredUsage):
    """Usage of one calendar month of business days, named by its first day."""

    pk = models.CompositePrimaryKey("subscription_id", "usage_type", "month")
    month = models.DateField()

    class Meta:
        db_table = "wingtel_monthly_usage"

    def __str__(self) -> str:
        return f"{self.usage_type} of subscription {self.subscription_id} in {self.month:%Y-%m}"


class UsageDaily(StoredUsage, ReadOnlyModel):
    """Usage of one business day, as every strategy answers it: a row of the view `usage_daily`."""

    key = RowKeyField("subscription_id", "usage_type", "day")
    day = models.DateField()

    class Meta:
        db_table = "usage_daily"
        managed = False
        verbose_name = "daily usage"
        verbose_name_plural = "daily usage"
        constraints = [models.UniqueConstraint(name="usage_daily_key", fields=["subscription", "usage_type", "day"])]

    def __str__(self) -> str:
        return f"{self.usage_type} of subscription {self.subscription_id} on {self.day}"


class UsageMonthly(StoredUsage, ReadOnlyModel):
    """Usage of one calendar month, named by its first day: a row of the view `usage_monthly`."""

    key = RowKeyField("subscription_id", "usage_type", "month")
    month = models.DateField()

    class Meta:
        db_table = "usage_monthly"
        managed = False
        verbose_name = "monthly usage"
        verbose_name_plural = "monthly usage"
        constraints = [
            models.UniqueConstraint(name="usage_monthly_key", fields=["subscription", "usage_type", "month"])
        ]

    def __str__(self) -> str:
        return f"{self.usage_type} of subscription {self.subscription_id} in {self.month:%Y-%m}"


class LifetimeUsage(models.Model):
    """Bounds of what a subscription paid for one usage type in all its months, in the operator's currency."""

    pk = models.CompositePrimaryKey("subscription_id", "usage_type")
    subscription = models.ForeignKey(
        Subscription, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    usage_type = models.TextField(choices=usage_types.choices, db_collation="C")
    price_lower_bound = models.DecimalField(max_digits=24, decimal_places=8)
    price_upper_bound = models.DecimalField(max_digits=24, decimal_places=8)

    class Meta:
        db_table = "wingtel_lifetime_usage"

    def __str__(self) -> str:
        return f"{self.usage_type} of subscription {self.subscription_id}"


class ActiveStrategy(models.Model):
    """The strategy that maintains the aggregates of this database: one row."""

    singleton = models.BooleanField(primary_key=True, default=True, editable=False)
    name = models.CharField(max_length=40)
    fingerprint = models.CharField(max_length=64, help_text="Of the objects installed, to tell an outdated install.")
    objects_installed = models.JSONField(
        default=dict, help_text="The functions and views as they were installed, each with a hash, to tell drift."
    )
    since = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "wingtel_active_strategy"
        constraints = [
            models.CheckConstraint(name="active_strategy_is_one", condition=models.Q(singleton=True)),
        ]

    def __str__(self) -> str:
        return self.name
