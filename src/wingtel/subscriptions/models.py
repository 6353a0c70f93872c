"""Who uses the network and what they pay for: plans, subscriptions, purchases."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import IntegrityError, models, router, transaction
from django.utils import timezone
from psycopg.errors import RestrictViolation

SOFT_WAY = "Delete it softly, which keeps what is on record: delete_softly(), or DELETE of the API."


class Carrier(models.TextChoices):
    """The network that carries a subscription and sends its usage records."""

    ATT = "att", "AT&T"
    SPRINT = "sprint", "Sprint"


class Plan(models.Model):
    """What a subscription is sold as."""

    name = models.CharField(max_length=80, unique=True)
    price = models.DecimalField(
        max_digits=14, decimal_places=4, default=Decimal(0), validators=[MinValueValidator(Decimal(0))]
    )
    data_available = models.BigIntegerField(
        default=0, validators=[MinValueValidator(0)], help_text="Data included per month, in kilobytes."
    )

    class Meta:
        db_table = "plan"
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


@contextmanager
def _name_soft_way(using: str, subscriptions: Iterable["Subscription"]) -> Iterator[None]:
    """Let a refusal to remove subscriptions be a ProtectedError that names the soft way. The transaction goes on."""
    try:
        with transaction.atomic(using):
            yield
    except models.ProtectedError as error:
        raise models.ProtectedError(f"{error.args[0]} {SOFT_WAY}", error.protected_objects) from error
    except IntegrityError as error:
        if not isinstance(error.__cause__, RestrictViolation):
            raise
        refusal = error.__cause__.diag.message_primary
        raise models.ProtectedError(f"{refusal}. {SOFT_WAY}", set(subscriptions)) from error


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    """Subscriptions. Those that have usage, purchases, limits or alerts cannot be removed, only deleted softly."""

    def delete(self) -> tuple[int, dict[str, int]]:
        """Remove those that have nothing on record. Raises ProtectedError, and removes none, where one has."""
        with _name_soft_way(self.db, self):
            return super().delete()

    delete.alters_data = True  # type: ignore[attr-defined]  # Django: not to be called by a template,
    delete.queryset_only = True  # type: ignore[attr-defined]  # nor on the manager

    def current(self) -> "SubscriptionQuerySet":
        """Those that are not deleted."""
        return self.filter(deleted_at=None)

    def carried_by(self, carrier: Carrier) -> "SubscriptionQuerySet":
        """Those of one carrier."""
        return self.filter(carrier=carrier)


class Subscription(models.Model):
    """One line with one carrier. Deleted softly: `deleted_at` says when, and the row stays."""

    class Status(models.TextChoices):
        NEW = "new", "New"
        ACTIVE = "active", "Active"
        SUSPENDED = "suspended", "Suspended"
        EXPIRED = "expired", "Expired"

    carrier = models.CharField(max_length=10, choices=Carrier)
    status = models.CharField(max_length=10, choices=Status, default=Status.NEW)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, null=True, blank=True)
    device_id = models.CharField(max_length=40, blank=True, db_index=True)
    phone_number = models.CharField(max_length=20, blank=True, db_index=True)
    phone_model = models.CharField(max_length=128, blank=True)
    network_type = models.CharField(max_length=5, blank=True, help_text="AT&T only, such as 5G.")
    sprint_id = models.CharField(max_length=40, blank=True, help_text="Sprint's own reference; Sprint only.")
    effective_date = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        db_table = "subscription"
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(name="subscription_carrier_known", condition=models.Q(carrier__in=Carrier.values)),
        ]

    def __str__(self) -> str:
        return f"{self.get_carrier_display()} {self.phone_number or self.device_id or self.pk}"

    def delete(self, using: str | None = None, keep_parents: bool = False) -> tuple[int, dict[str, int]]:
        """Remove a subscription that has nothing on record. Raises ProtectedError where it has."""
        with _name_soft_way(using or router.db_for_write(Subscription, instance=self), [self]):
            return super().delete(using, keep_parents)

    def delete_softly(self) -> None:
        """Mark as deleted, now. Usage and purchases stay; a second call keeps the first moment."""
        Subscription.objects.filter(pk=self.pk, deleted_at=None).update(deleted_at=timezone.now())


class Purchase(models.Model):
    """A payment asked for a subscription."""

    class Status(models.TextChoices):
        PENDING = "pending", "Pending"
        OVERDUE = "overdue", "Past due"
        COMPLETE = "complete", "Complete"
        CANCELLED = "cancelled", "Cancelled"

    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT)
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    amount = models.DecimalField(max_digits=14, decimal_places=4, validators=[MinValueValidator(Decimal(0))])
    payment_date = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "purchase"
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.amount} ({self.get_status_display()})"
