"""API keys as they are stored."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models.functions import Now

from .scopes import Access, Scope
from .tokens import PREFIX_LENGTH

LONGEST_NAME = 80


class ApiKey(models.Model):
    """The stored data of a key: never the key itself, which is shown once. All timestamps are UTC."""

    name = models.CharField(
        max_length=LONGEST_NAME, help_text="The user of the key. One key in force has a name at a time."
    )
    prefix = models.CharField(max_length=PREFIX_LENGTH, unique=True, help_text="Its visible part, which finds it.")
    hashed = models.CharField(max_length=64, help_text="SHA-256 of the whole key, in hexadecimal.")
    scopes = ArrayField(models.CharField(max_length=10, choices=Scope))
    carrier = models.CharField(
        max_length=10, blank=True, help_text="The only carrier whose subscriptions it may touch."
    )
    requests_per_minute = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)], help_text="Without it, the operator's default."
    )
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, help_text="To the minute.")

    objects: ClassVar[models.Manager["ApiKey"]] = models.Manager()

    class Meta:
        db_table = "wingtel_api_key"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["name"], condition=models.Q(revoked_at=None), name="api_key_name_in_force_unique"
            ),
            models.CheckConstraint(
                name="api_key_scopes_known",
                condition=models.Q(scopes__contained_by=Scope.values) & models.Q(scopes__len__gt=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} (wt_{self.prefix}_…)"

    @property
    def access(self) -> Access:
        """Return the access of the key's holder."""
        return Access(
            caller=f"key:{self.pk}",
            name=self.name,
            scopes=frozenset(map(Scope, self.scopes)),
            carrier=self.carrier or None,
            requests_per_minute=self.requests_per_minute,
        )
