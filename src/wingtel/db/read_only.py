"""Models that are read and never written: of views, and of tables that are written in another way."""

from typing import Any, NoReturn

from django.db import NotSupportedError, models
from django.db.models.expressions import Col


class RowKeyField(models.TextField[str, str]):
    """A primary key that is no column: a JSON array of the columns that identify a row, such as `[7, "data"]`.

    Django's admin registers no model with a composite primary key. Look a row up by its columns: this key has no index.
    """

    def __init__(self, *columns: str, **options: Any) -> None:
        super().__init__(**options | {"primary_key": True, "editable": False})
        self.columns = columns

    def deconstruct(self) -> Any:
        """Return what a migration needs to make this field."""
        name, path, _, options = super().deconstruct()
        return name, path, list(self.columns), options

    def get_col(self, alias: str, output_field: models.Field[Any, Any] | None = None) -> Col:
        """Return the expression that stands for a column."""
        return _RowKey(alias, self, output_field)


class _RowKey(Col):
    """The JSON array of a RowKeyField."""

    target: Any

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[str | int, ...]]:
        quote = compiler.quote_name_unless_alias
        table = f"{quote(self.alias)}." if self.alias else ""
        columns = ", ".join(table + quote(column) for column in self.target.columns)
        return f"json_build_array({columns})::text", ()


class ReadOnlyQuerySet(models.QuerySet[Any]):
    """Rows that are only read."""

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise NotSupportedError(f"{self.model._meta.verbose_name_plural} are only read; write their sources instead")

    create = bulk_create = update = bulk_update = delete = _raw_delete = _refuse


class ReadOnlyModel(models.Model):
    """A row that is only read. `save` and `delete` raise NotSupportedError, and so do writes of the manager."""

    objects = ReadOnlyQuerySet.as_manager()

    class Meta:
        abstract = True
        managed = False

    def save(self, *_: Any, **__: Any) -> NoReturn:
        """Raise NotSupportedError."""
        type(self).objects.all()._refuse()

    def delete(self, *_: Any, **__: Any) -> NoReturn:
        """Raise NotSupportedError."""
        type(self).objects.all()._refuse()
