"""Models of carriers, plans, subscriptions with their dated identifiers and plans, and purchases.

The database sets `created_at` and `updated_at`, and keeps the columns of a subscription in step with its dated rows,
whatever writes (sql/functions.sql).
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal

from django.conf import settings
from django.core.validators import MinValueValidator, RegexValidator
from django.db import IntegrityError, models, router, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from psycopg.errors import RestrictViolation

from .identifiers import Kind, validate_country

SOFT_DELETION = "Delete it softly, which keeps what is on record: delete_softly(), or DELETE of the API."


class Carrier(models.Model):
    """A network that carries subscriptions and sends their usage records, identified by its code.

    Read carriers through `carriers`, which caches them.
    """

    ATT = "att"
    SPRINT = "sprint"

    code = models.CharField(
        primary_key=True,
        max_length=10,
        validators=[RegexValidator("^[a-z][a-z0-9_-]*$", "lower-case letters and digits, such as att")],
        help_text="The code in subscriptions, keys and feeds, such as att.",
    )
    name = models.CharField(max_length=80)
    country = models.CharField(
        max_length=2,
        validators=[validate_country],
        help_text="The country of its national numbers: ISO 3166, such as US.",
    )

    class Meta:
        db_table = "wingtel_carrier"
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(name="carrier_code_form", condition=Q(code__regex="^[a-z][a-z0-9_-]*$")),
            models.CheckConstraint(name="carrier_country_form", condition=Q(country__regex="^[A-Z]{2}$")),
        ]

    def __str__(self) -> str:
        return self.name


COLUMNS = {
    Kind.MSISDN: "phone_number",
    Kind.IMSI: "imsi",
    Kind.ICCID: "iccid",
    Kind.DEVICE_ID: "device_id",
    Kind.EXTERNAL_ID: "external_id",
}
"""The column of a subscription that shows its current identifier of each kind."""


class Timed(models.Model):
    """A row with the times of its creation and last change."""

    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        abstract = True


class Plan(Timed):
    """A product that subscriptions are sold as."""

    name = models.CharField(max_length=80, unique=True)
    price = models.DecimalField(
        max_digits=14, decimal_places=4, default=Decimal(0), validators=[MinValueValidator(Decimal(0))]
    )
    data_available = models.BigIntegerField(
        default=0, validators=[MinValueValidator(0)], help_text="Data included per month, in kilobytes."
    )

    class Meta:
        db_table = "wingtel_plan"
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


@contextmanager
def _name_soft_deletion(using: str, subscriptions: Iterable["Subscription"]) -> Iterator[None]:
    """Turn a refusal to remove subscriptions into a ProtectedError that names soft deletion.

    The transaction goes on.
    """
    try:
        with transaction.atomic(using):
            yield
    except models.ProtectedError as error:
        raise models.ProtectedError(f"{error.args[0]} {SOFT_DELETION}", error.protected_objects) from error
    except IntegrityError as error:
        if not isinstance(error.__cause__, RestrictViolation):
            raise
        refusal = error.__cause__.diag.message_primary
        raise models.ProtectedError(f"{refusal}. {SOFT_DELETION}", set(subscriptions)) from error


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    """Subscriptions. Those with usage, purchases, limits or alerts cannot be removed, only deleted softly."""

    def delete(self) -> tuple[int, dict[str, int]]:
        """Remove subscriptions that have nothing on record.

        Raises ProtectedError, and removes none, if one has.
        """
        with _name_soft_deletion(self.db, self):
            return super().delete()

    delete.alters_data = True  # type: ignore[attr-defined]  # Django: no template may call it,
    delete.queryset_only = True  # type: ignore[attr-defined]  # and the manager does not have it

    def current(self) -> "SubscriptionQuerySet":
        """Return those that are not deleted."""
        return self.filter(deleted_at=None)

    def carried_by(self, carrier: str) -> "SubscriptionQuerySet":
        """Return those of one carrier."""
        return self.filter(carrier=carrier)


class Subscription(Timed):
    """A line with one carrier. It is deleted softly: `deleted_at` says when, and the row stays.

    The identifiers and the plan are the current ones; `identifiers` and `plans` have their history.
    """

    class Status(models.TextChoices):
        NEW = "new", "New"
        ACTIVE = "active", "Active"
        SUSPENDED = "suspended", "Suspended"
        EXPIRED = "expired", "Expired"

    carrier = models.CharField(max_length=10, help_text="The code of its carrier.")
    status = models.CharField(max_length=10, choices=Status, default=Status.NEW)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, null=True, blank=True)
    device_id = models.CharField(max_length=40, blank=True, db_index=True)
    phone_number = models.CharField(max_length=20, blank=True, db_index=True)
    imsi = models.CharField("IMSI", max_length=15, blank=True, default="", db_default="")
    iccid = models.CharField("ICCID", max_length=22, blank=True, default="", db_default="")
    external_id = models.CharField(
        max_length=100, blank=True, default="", db_default="", help_text="The reference of another system."
    )
    phone_model = models.CharField(max_length=128, blank=True)
    network_type = models.CharField(max_length=5, blank=True, help_text="AT&T only, such as 5G.")
    sprint_id = models.CharField(max_length=40, blank=True, help_text="Sprint's own reference; Sprint only.")
    effective_date = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        db_table = "wingtel_subscription"
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.carrier} {self.phone_number or self.device_id or self.pk}"

    def delete(self, using: str | None = None, keep_parents: bool = False) -> tuple[int, dict[str, int]]:
        """Remove a subscription that has nothing on record. Raises ProtectedError if it has."""
        with _name_soft_deletion(using or router.db_for_write(Subscription, instance=self), [self]):
            return super().delete(using, keep_parents)

    def delete_softly(self) -> None:
        """Mark as deleted, now. Usage and purchases stay; a second call keeps the first timestamp."""
        Subscription.objects.filter(pk=self.pk, deleted_at=None).update(deleted_at=timezone.now())


class Dated(models.Model):
    """A row that holds from `valid_from` until before `valid_to`; null is unbounded."""

    valid_from = models.DateTimeField(null=True, blank=True, help_text="Null: from the beginning.")
    valid_to = models.DateTimeField(null=True, blank=True, help_text="Not included. Null: until further notice.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        abstract = True


class SubscriptionIdentifier(Dated):
    """A value by which usage records refer to a subscription, from `valid_from` until before `valid_to`.

    Null is unbounded. The database refuses two assignments of one value at one time. A subscription may have several
    identifiers of one kind at once, such as the numbers of several SIM cards.
    """

    subscription = models.ForeignKey(
        Subscription, on_delete=models.CASCADE, db_constraint=False, related_name="identifiers"
    )
    kind = models.TextField(choices=Kind, db_collation="C")
    value = models.TextField(db_collation="C", help_text="In normal form, such as +12025550100.")

    class Meta:
        db_table = "wingtel_subscription_identifier"
        ordering = ["id"]
        indexes = [
            models.Index(name="subscription_identifier_value", fields=["kind", "value", "valid_from"]),
            models.Index(name="subscription_identifier_end", fields=["valid_to"], condition=Q(valid_to__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(
                name="subscription_identifier_form",
                condition=Q(kind=Kind.MSISDN, value__regex=r"^\+[0-9]{1,15}$")
                | Q(kind=Kind.IMSI, value__regex=r"^[0-9]{6,15}$")
                | Q(kind=Kind.ICCID, value__regex=r"^[0-9]{18,22}$")
                | Q(kind=Kind.DEVICE_ID, value__regex=r"^\S(.{0,38}\S)?$")
                | Q(kind=Kind.EXTERNAL_ID, value__regex=r"^\S(.{0,98}\S)?$"),
            ),
            models.CheckConstraint(name="subscription_identifier_period", condition=Q(valid_from__lt=F("valid_to"))),
        ]

    def __str__(self) -> str:
        return f"{Kind(self.kind).label} {self.value}"


class SubscriptionPlan(Dated):
    """The plan of a subscription from `valid_from` until before `valid_to`; null is unbounded.

    The database refuses two at one time.
    """

    subscription = models.ForeignKey(Subscription, on_delete=models.CASCADE, db_constraint=False, related_name="plans")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "wingtel_subscription_plan"
        ordering = ["id"]
        indexes = [
            models.Index(name="subscription_plan_end", fields=["valid_to"], condition=Q(valid_to__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(name="subscription_plan_period", condition=Q(valid_from__lt=F("valid_to"))),
        ]

    def __str__(self) -> str:
        return f"plan {self.plan_id} of subscription {self.subscription_id}"


class Purchase(Timed):
    """A payment requested from a user, for a subscription or for something else."""

    class Status(models.TextChoices):
        PENDING = "pending", "Pending"
        OVERDUE = "overdue", "Past due"
        COMPLETE = "complete", "Complete"
        CANCELLED = "cancelled", "Cancelled"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True)
    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, null=True, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    amount = models.DecimalField(max_digits=14, decimal_places=4, validators=[MinValueValidator(Decimal(0))])
    payment_date = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "wingtel_purchase"
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                name="purchase_of_somebody", condition=Q(user__isnull=False) | Q(subscription__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} ({self.get_status_display()})"
