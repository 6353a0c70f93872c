"""What became of several business days."""

from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True)
class DaysDone:
    """The days that it was done to, and why it was refused for the others."""

    done: list[date] = field(default_factory=list)
    refused: dict[date, str] = field(default_factory=dict)
