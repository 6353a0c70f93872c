"""The admin of packages that are no apps of their own, whose `admin.py` Django does not find."""

from wingtel.adjustments import admin as adjustments
from wingtel.notifications import admin as notifications

__all__ = ["adjustments", "notifications"]
