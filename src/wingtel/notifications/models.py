"""Models of the receivers of alerts, and of the deliveries to them."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q

from wingtel.limits.models import LONGEST_NAME, Alert, AlertEventType


class WebhookEndpoint(models.Model):
    """An address that alerts are posted to.

    They are signed with `secret` (whsec_...), and until `previous_until` with the previous secret too.
    """

    url = models.URLField(max_length=2000)
    description = models.CharField(max_length=LONGEST_NAME, blank=True)
    enabled = models.BooleanField(default=True, help_text="Deliveries that are due wait while it is not.")
    disabled_because = models.CharField(max_length=200, blank=True, editable=False)
    secret = models.CharField(max_length=120, editable=False)
    previous_secret = models.CharField(max_length=120, blank=True, editable=False)
    previous_until = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "wingtel_webhook_endpoint"
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.url

    def secrets_at(self, timestamp: datetime) -> list[str]:
        """Return the secrets to sign with, the current one first."""
        is_overlap = self.previous_until is not None and timestamp < self.previous_until
        return [self.secret, self.previous_secret] if is_overlap else [self.secret]


class Delivery(models.Model):
    """An event of an alert for an endpoint or an e-mail address, written in the transaction of the event."""

    class State(models.TextChoices):
        DUE = "due", "Due, or waiting to be tried again"
        DELIVERED = "delivered", "Delivered"
        FAILED = "failed", "Given up"

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="deliveries")
    event = models.CharField(max_length=20, choices=AlertEventType)
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, null=True, related_name="deliveries")
    email = models.EmailField(blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.DUE, db_default=State.DUE)
    attempts = models.IntegerField(default=0, db_default=0, help_text="Since it was made, or last replayed.")
    due_at = models.DateTimeField(help_text="The next attempt; during an attempt, that of another process.")
    created_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True)
    response_status = models.IntegerField(null=True)
    error = models.TextField(blank=True, default="", db_default="", help_text="The reason why the last attempt failed.")

    class Meta:
        db_table = "wingtel_delivery"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="delivery_receiver",
                condition=(Q(endpoint=None) & ~Q(email="")) | (Q(endpoint__isnull=False) & Q(email="")),
            ),
        ]
        indexes = [
            models.Index(F("due_at"), name="delivery_due", condition=Q(state="due")),
            models.Index(name="delivery_endpoint", fields=["endpoint", "id"]),
        ]

    def __str__(self) -> str:
        return f"{self.event} of alert {self.alert_id} to {self.email or self.endpoint_id}"
