"""The admin of a package that is no app of its own, whose `admin.py` Django does not find."""

from wingtel.adjustments import admin as adjustments

__all__ = ["adjustments"]
