"""Recording: the one way in for usage, whoever sends it."""

from .entries import NamedBy, Outcome, Recorded, Refusal, Result, UsageEntry
from .service import record_usage

__all__ = ["NamedBy", "Outcome", "Recorded", "Refusal", "Result", "UsageEntry", "record_usage"]
