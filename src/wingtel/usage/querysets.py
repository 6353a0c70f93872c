"""Writing raw records through the ORM."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import models

from . import partitions

if TYPE_CHECKING:
    from .models import UsageRecord

Record = TypeVar("Record", bound="UsageRecord")


class UsageRecordQuerySet(models.QuerySet[Record]):
    """Raw records of one type; makes the partitions that new records need."""

    def bulk_create(self, objs: Iterable[Record], *args: Any, **options: Any) -> list[Record]:
        """Store many records in few statements."""
        records: Sequence[Record] = list(objs)
        partitions.ensure_for_moments(record.usage_date for record in records)
        return super().bulk_create(records, *args, **options)
