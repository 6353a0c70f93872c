"""Requests that were answered, so that sending one again changes nothing."""

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

KEPT = timedelta(hours=24)
"""How long a key is remembered."""

LONGEST_KEY = 255


class IdempotentRequest(models.Model):
    """A request with an Idempotency-Key, and the reply to it.

    Written in the transaction of what the request does: while that goes on, a second one with the same key waits.
    """

    caller = models.CharField(max_length=30, help_text="Whose key it is: callers do not see each other's replies.")
    key = models.CharField(max_length=LONGEST_KEY)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of the parameters and the body, in hexadecimal.")
    reply = models.JSONField(null=True)
    created_at = models.DateTimeField(db_default=Now(), db_index=True)

    objects: ClassVar[models.Manager["IdempotentRequest"]] = models.Manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["caller", "key"], name="idempotent_request_unique")]

    def __str__(self) -> str:
        return self.key
