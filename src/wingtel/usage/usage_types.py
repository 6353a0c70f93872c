"""Types of usage."""

from django.db import models


class UsageType(models.TextChoices):
    """Type of usage. Data is counted in kilobytes, voice in seconds."""

    DATA = "data", "Data"
    VOICE = "voice", "Voice"

    @property
    def unit(self) -> str:
        """Unit of the quantity: `kilobytes` or `seconds`."""
        return "kilobytes" if self is UsageType.DATA else "seconds"
