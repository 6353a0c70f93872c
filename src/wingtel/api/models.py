"""Answered requests with an Idempotency-Key: sending one again changes nothing."""

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

KEY_LIFETIME = timedelta(hours=24)
"""The time for which a key and its reply are stored."""

LONGEST_KEY = 255


class IdempotentRequest(models.Model):
    """A request with an Idempotency-Key, and its reply.

    The row is written in the transaction of the request. Meanwhile a second request with the same key waits.
    """

    caller = models.CharField(max_length=30, help_text="The owner of the key: callers do not see each other's replies.")
    key = models.CharField(max_length=LONGEST_KEY)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of the parameters and the body, in hexadecimal.")
    reply = models.JSONField(null=True)
    created_at = models.DateTimeField(db_default=Now(), db_index=True)

    objects: ClassVar[models.Manager["IdempotentRequest"]] = models.Manager()

    class Meta:
        db_table = "wingtel_idempotent_request"
        constraints = [models.UniqueConstraint(fields=["caller", "key"], name="idempotent_request_unique")]

    def __str__(self) -> str:
        return self.key
