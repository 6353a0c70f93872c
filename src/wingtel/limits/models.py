"""Models of standing price limits, their alerts, and the receivers of these."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from wingtel.aggregates.periods import ALL_TIME, Period
from wingtel.subscriptions.models import Plan, Subscription
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

    It is for one subscription, for those of a plan, or for all; for one usage type, or for data and voice together.
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
        max_length=5, choices=UsageType, null=True, blank=True, help_text="Null: data and voice together."
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
        models.EmailField(), default=list, blank=True, help_text="Who is told, besides those told of every alert."
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
        db_table = "price_limit"
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
    def asked(
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
    usage_type = models.CharField(max_length=5, choices=UsageType, null=True)  # noqa: DJ001 - as the limit's
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
        db_table = "limit_alert"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                name="limit_alert_open_once",
                fields=["subscription", "price_limit", "first", "last", "threshold_percent"],
                condition=Q(resolved_at=None),
            ),
        ]
        indexes = [models.Index(name="limit_alert_subscription", fields=["subscription", "id"])]

    def __str__(self) -> str:
        limit = f"limit {self.price_limit_id} by subscription {self.subscription_id}"
        return f"{self.threshold_percent} % of {limit} from {self.first}"

    @property
    def is_open(self) -> bool:
        return self.resolved_at is None


class LimitEvaluation(models.Model):
    """The latest evaluation: one row, which the evaluating session locks."""

    singleton = models.BooleanField(primary_key=True, default=True, editable=False)
    evaluated_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "limit_evaluation"
        constraints = [models.CheckConstraint(name="limit_evaluation_is_one", condition=Q(singleton=True))]

    def __str__(self) -> str:
        return f"evaluated at {self.evaluated_at}"


class WebhookEndpoint(models.Model):
    """An address that alerts are posted to.

    They are signed with `secret` (whsec_...), and until `previous_until` with the previous secret too.
    """

    url = models.URLField(max_length=2000)
    description = models.CharField(max_length=LONGEST_NAME, blank=True)
    enabled = models.BooleanField(default=True, help_text="What is due waits while it is not.")
    disabled_because = models.CharField(max_length=200, blank=True, editable=False)
    secret = models.CharField(max_length=120, editable=False)
    previous_secret = models.CharField(max_length=120, blank=True, editable=False)
    previous_until = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "webhook_endpoint"
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.url

    def secrets_at(self, timestamp: datetime) -> list[str]:
        """Return the secrets to sign with, the current one first."""
        is_overlap = self.previous_until is not None and timestamp < self.previous_until
        return [self.secret, self.previous_secret] if is_overlap else [self.secret]


class Delivery(models.Model):
    """An event of an alert for an endpoint or an e-mail address, written in the transaction of the event."""

    class Event(models.TextChoices):
        OPENED = "alert.opened", "Opened"
        RESOLVED = "alert.resolved", "Resolved"

    class State(models.TextChoices):
        DUE = "due", "Due, or waiting to be tried again"
        DELIVERED = "delivered", "Delivered"
        FAILED = "dead", "Given up"

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="deliveries")
    event = models.CharField(max_length=20, choices=Event)
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, null=True, related_name="deliveries")
    email = models.EmailField(blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.DUE, db_default=State.DUE)
    attempts = models.IntegerField(default=0, db_default=0, help_text="Since it was made, or last replayed.")
    due_at = models.DateTimeField(help_text="When it is tried next; while it is being tried, when others may.")
    created_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True)
    response_status = models.IntegerField(null=True)
    error = models.TextField(blank=True, default="", db_default="", help_text="Why the last attempt failed.")

    class Meta:
        db_table = "limit_delivery"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="limit_delivery_receiver",
                condition=(Q(endpoint=None) & ~Q(email="")) | (Q(endpoint__isnull=False) & Q(email="")),
            ),
        ]
        indexes = [
            models.Index(F("due_at"), name="limit_delivery_due", condition=Q(state="due")),
            models.Index(name="limit_delivery_endpoint", fields=["endpoint", "id"]),
        ]

    def __str__(self) -> str:
        return f"{self.event} of alert {self.alert_id} to {self.email or self.endpoint_id}"
