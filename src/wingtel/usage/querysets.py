"""Writes of raw records through the ORM.

Every way of writing that Django offers calls one of the few methods here, and these call wingtel.usage.writes.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import NotSupportedError, ProgrammingError, connections, models, transaction
from django.db.models import sql
from django.db.models.constants import OnConflict
from django.db.models.sql.compiler import SQLUpdateCompiler

from . import partitions, writes

if TYPE_CHECKING:
    from .models import UsageRecord

Record = TypeVar("Record", bound="UsageRecord")

_UPSERT_BATCH = 500  # an update by values has a branch for each of its records


class UsageQuery(sql.Query):
    """A query whose updates, by any method of the queryset, are run by `writes.update`."""

    def chain(self, klass: Any = None) -> Any:
        return super().chain(UsageUpdateQuery if klass is sql.UpdateQuery else klass)


class UsageUpdateQuery(sql.UpdateQuery):
    """An update compiled as Django does, and run by `writes.update`."""

    def get_compiler(
        self, using: Any = None, connection: Any = None, elide_empty: bool = True
    ) -> "UsageUpdateCompiler":
        return UsageUpdateCompiler(self, connection or connections[using], using, elide_empty)


class UsageUpdateCompiler(SQLUpdateCompiler):
    """Compiler of UsageUpdateQuery."""

    query: Any
    using: Any

    def execute_sql(self, *_: Any) -> Any:  # Django reads only the number of rows of an update
        return writes.update(self.query, self.using) if self.query.values else 0


class UsageRecordQuerySet(models.QuerySet[Record]):
    """Raw records of one type. Writes create the partitions that they need, and emit change events if enabled."""

    _fields: Any  # not in Django's type stubs, like the next
    _not_support_combined_queries: Any

    def __init__(self, model: Any = None, query: Any = None, using: Any = None, hints: Any = None) -> None:
        super().__init__(model, query or UsageQuery(model), using, hints)

    def bulk_create(self, objs: Iterable[Record], *args: Any, **options: Any) -> list[Record]:
        """Store many records in few statements."""
        records: Sequence[Record] = list(objs)
        partitions.ensure_for_timestamps(record.usage_date for record in records)
        return super().bulk_create(records, *args, **options)

    bulk_create.alters_data = True  # type: ignore[attr-defined]

    def update(self, **values: Any) -> int:
        """Update the records and return their number. Create the partition of a new `usage_date`."""
        if isinstance(timestamp := values.get("usage_date"), datetime):
            partitions.ensure_for_timestamps([timestamp])
        return super().update(**values)

    update.alters_data = True  # type: ignore[attr-defined]

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete the records and return their number, as Django does.

        Nothing refers to a record, so nothing has to be collected first.
        """
        self._not_support_combined_queries("delete")
        if self.query.is_sliced or self.query.distinct_fields or self._fields is not None:
            raise TypeError("Cannot call delete() after a slice, .distinct(*fields), .values() or .values_list().")
        self._for_write = True
        deleted = self._raw_delete(self.db)
        self._result_cache = None
        return deleted, {self.model._meta.label: deleted} if deleted else {}

    delete.alters_data = True  # type: ignore[attr-defined]  # in Django: not to be called by a template,
    delete.queryset_only = True  # type: ignore[attr-defined]  # nor on the manager

    def _raw_delete(self, using: Any) -> int:
        return writes.delete(self.query, using)

    def _insert(  # noqa: PLR0913, PLR0917 - Django's
        self,
        objs: Any,
        fields: Any,
        returning_fields: Any = None,
        raw: bool = False,
        using: str | None = None,
        on_conflict: OnConflict | None = None,
        update_fields: Any = None,
        unique_fields: Any = None,
    ) -> list[Any]:
        """Insert records. They have no column that the database fills in, so there is none to return."""
        self._for_write = True
        using = using or self.db
        query = sql.InsertQuery(self.model)
        query.insert_values(fields, objs, raw=raw)
        conflict = connections[using].ops.on_conflict_suffix_sql(
            fields,
            on_conflict,
            [field.column for field in update_fields or ()],
            [field.column for field in unique_fields or ()],
        )
        if writes.insert(query, using, conflict) is None:
            if on_conflict is OnConflict.UPDATE:
                self._upsert_with_events(query, using, update_fields, unique_fields)
            else:
                writes.insert_with_events(query, using, conflict)
        return []

    def _upsert_with_events(self, query: Any, using: str, update_fields: Any, unique_fields: Any) -> None:
        """Insert the missing records or update those that exist, until one of the two covers all.

        Another session may add or delete a record between the two. What was written already stays.
        """
        if {field.name for field in unique_fields} != {field.name for field in self.model._meta.pk_fields}:
            raise NotSupportedError("unique_fields have to be the fields of the primary key")
        if len({_key(record) for record in query.objs}) < len(query.objs):
            raise ProgrammingError("bulk_create() cannot update the same record twice")
        names = [field.name for field in update_fields]
        stored = self.model._base_manager.using(using)
        with transaction.atomic(using, savepoint=False):
            while writes.insert_with_events(query, using, "ON CONFLICT DO NOTHING") < len(query.objs):
                if stored.bulk_update(query.objs, names, batch_size=_UPSERT_BATCH) == len(query.objs):
                    break


def _key(record: "UsageRecord") -> tuple[Any, ...]:
    return tuple(field.to_python(getattr(record, field.attname)) for field in record._meta.pk_fields)
