"""Types of usage."""

from django.db import models


class UsageType(models.TextChoices):
    """The type of usage. Data is counted in kilobytes, voice in seconds."""

    DATA = "data", "Data"
    VOICE = "voice", "Voice"

    @property
    def unit(self) -> str:
        """The unit of the quantity: `kilobytes` or `seconds`."""
        return "kilobytes" if self is UsageType.DATA else "seconds"
