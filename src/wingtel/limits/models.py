"""Models of standing price limits and their alerts."""

from collections.abc import Sequence
from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from wingtel.aggregates.periods import ALL_TIME, Period
from wingtel.subscriptions.models import Plan, Subscription
from wingtel.usage import usage_types
from wingtel.usage.models import UsageType
from wingtel.usage.ranges import PRICE_DECIMALS, SUM_DIGITS

LONGEST_NAME = 120
LARGEST_THRESHOLD = 1000


class LimitPeriod(models.TextChoices):
    """The period of a limit: one calendar month, or one billing cycle of the subscription (sql/tables.sql)."""

    MONTH = "month", "Calendar month"
    CYCLE = "cycle", "Billing cycle"


class PriceLimitQuerySet(models.QuerySet["PriceLimit"]):
    def current(self) -> "PriceLimitQuerySet":
        """Return those that are not removed."""
        return self.filter(deleted_at=None)


class PriceLimit(models.Model):
    """A limit to what a subscription pays in each month or billing cycle, in the operator's currency.

    It is for one subscription, for those of a plan, or for all; for one usage type, or for all together.
    Each limit is evaluated for itself. A total that equals a threshold has reached it. The thresholds are 100 % always,
    and each of `thresholds`.

    It counts for the periods that contain or follow the business day `starts`. That is the day it was made or last
    changed, unless one is given. The database sets `starts` and `pending`. A limit is deleted softly, since its alerts
    stay on record.
    """

    name = models.CharField(max_length=LONGEST_NAME, blank=True)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    usage_type = models.CharField(  # noqa: DJ001 - the API's null
        max_length=5, choices=usage_types.choices, null=True, blank=True, help_text="Null: all usage types together."
    )
    period = models.CharField(max_length=5, choices=LimitPeriod, default=LimitPeriod.MONTH)
    amount = models.DecimalField(
        max_digits=20,
        decimal_places=4,
        validators=[MinValueValidator(Decimal("0.0001"))],
        help_text="In the operator's currency; a total that equals it has reached it.",
    )
    thresholds = ArrayField(
        models.IntegerField(validators=[MinValueValidator(1), MaxValueValidator(LARGEST_THRESHOLD)]),
        default=list,
        blank=True,
        help_text="In percent of the amount, besides 100, such as 80.",
    )
    emails = ArrayField(
        models.EmailField(),
        default=list,
        blank=True,
        help_text="Addresses to notify, besides those notified of every alert.",
    )
    starts = models.DateField(
        null=True,
        blank=True,
        help_text="Periods from this day on count, or from the last change.",
    )
    pending = models.BooleanField(default=True, editable=False, help_text="Changed since it was evaluated.")
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = PriceLimitQuerySet.as_manager()

    class Meta:
        db_table = "wingtel_price_limit"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(name="price_limit_amount", condition=Q(amount__gt=0)),
            models.CheckConstraint(name="price_limit_scope", condition=Q(plan=None) | Q(subscription=None)),
            models.CheckConstraint(name="price_limit_period", condition=Q(period__in=LimitPeriod.values)),
            models.CheckConstraint(
                name="price_limit_usage_type", condition=Q(usage_type=None) | Q(usage_type__in=UsageType.values)
            ),
        ]
        indexes = [
            models.Index(name="price_limit_pending", fields=["id"], condition=Q(pending=True)),
        ]

    def __str__(self) -> str:
        return self.name or f"limit {self.pk}"


class AlertQuerySet(models.QuerySet["Alert"]):
    def matching(
        self,
        *,
        limits: Sequence[int] = (),
        subscriptions: Sequence[int] = (),
        state: str | None = None,
        threshold_percent: int | None = None,
        period: Period = ALL_TIME,
    ) -> "AlertQuerySet":
        """Filter by limits, subscriptions, state (`open` or `resolved`), threshold, and periods that touch `period`.

        An omitted argument does not filter.
        """
        condition = Q()
        if limits:
            condition &= Q(price_limit__in=limits)
        if subscriptions:
            condition &= Q(subscription__in=subscriptions)
        if state:
            condition &= Q(resolved_at__isnull=state == "open")
        if threshold_percent:
            condition &= Q(threshold_percent=threshold_percent)
        if period.first:
            condition &= Q(last__gte=period.first)
        if period.last:
            condition &= Q(first__lte=period.last)
        return self.filter(condition)


class Alert(models.Model):
    """A threshold of a limit that a subscription reached in one period (business days, both included).

    It is open while the total is at or above `threshold_amount`. If that is reached again after it was resolved, there
    is another alert. An alert whose period is over stays as it is until a correction changes the total.
    `resolved_price` is null if the limit or the period does not apply to the subscription any more.
    """

    price_limit = models.ForeignKey(PriceLimit, on_delete=models.PROTECT, related_name="alerts")
    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="+")
    usage_type = models.CharField(max_length=5, choices=usage_types.choices, null=True)  # noqa: DJ001 - as the limit's
    period = models.CharField(max_length=5, choices=LimitPeriod)
    first = models.DateField()
    last = models.DateField()
    threshold_percent = models.IntegerField(help_text="In percent of the limit.")
    threshold_amount = models.DecimalField(
        max_digits=24, decimal_places=6, help_text="The same in the operator's currency."
    )
    price = models.DecimalField(
        max_digits=SUM_DIGITS, decimal_places=PRICE_DECIMALS, help_text="The total when it was found."
    )
    opened_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    resolved_price = models.DecimalField(max_digits=SUM_DIGITS, decimal_places=PRICE_DECIMALS, null=True)

    objects = AlertQuerySet.as_manager()

    class Meta:
        db_table = "wingtel_alert"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                name="alert_open_once",
                fields=["subscription", "price_limit", "first", "last", "threshold_percent"],
                condition=Q(resolved_at=None),
            ),
        ]
        indexes = [models.Index(name="alert_subscription", fields=["subscription", "id"])]

    def __str__(self) -> str:
        limit = f"limit {self.price_limit_id} by subscription {self.subscription_id}"
        return f"{self.threshold_percent} % of {limit} from {self.first}"

    @property
    def is_open(self) -> bool:
        return self.resolved_at is None


class AlertEventType(models.TextChoices):
    """The events of an alert."""

    OPENED = "alert.opened", "Opened"
    RESOLVED = "alert.resolved", "Resolved"


class LimitEvaluation(models.Model):
    """The latest evaluation: one row, which the evaluating session locks."""

    singleton = models.BooleanField(primary_key=True, default=True, editable=False)
    evaluated_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "wingtel_limit_evaluation"
        constraints = [models.CheckConstraint(name="limit_evaluation_is_one", condition=Q(singleton=True))]

    def __str__(self) -> str:
        return f"evaluated at {self.evaluated_at}"
