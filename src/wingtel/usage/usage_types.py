"""Types of usage."""

from django.db import models


class UsageType(models.TextChoices):
    """Type of usage. Data is counted in kilobytes, voice in seconds, SMS in messages."""

    DATA = "data", "Data"
    VOICE = "voice", "Voice"
    SMS = "sms", "SMS"

    @property
    def unit(self) -> str:
        """Unit of the quantity: `kilobytes` or `seconds`."""
        return {UsageType.DATA: "kilobytes", UsageType.VOICE: "seconds", UsageType.SMS: "messages"}[self]


def choices() -> list[tuple[str, str]]:
    """Return the choices of model fields. As a function, they stay out of migrations."""
    return UsageType.choices
