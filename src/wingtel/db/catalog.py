"""Structure of the database: the objects that migrations create, as they are and as this version expects them."""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from django.db.backends.base.base import BaseDatabaseWrapper

from wingtel import sql

FILE = "catalog.tsv"
"""Objects of a new database of this version, written by `python -m tests.upgrade.catalog`."""

_SQL = sql.statements(__package__, "catalog.sql")

_REPAIRS = {
    "index": ("DROP INDEX {name}; ", "{definition};"),
    "constraint": (
        "ALTER TABLE {table} DROP CONSTRAINT {name}; ",
        "ALTER TABLE {table} ADD CONSTRAINT {name} {definition};",
    ),
    "trigger": ("DROP TRIGGER {name} ON {table}; ", "{definition};"),
}
"""Statements that drop and create an object of some kinds."""

_CASTS = re.compile(r"::\w+(?: varying| precision| with(?:out)? time zone)?(?:\(\d+(?:,\d+)?\))?(?:\[\])*|[()]")


@dataclass(frozen=True, order=True)
class DatabaseObject:
    """A table, or a column, index, constraint or trigger of one, or a function of none."""

    table: str
    kind: str
    name: str

    def __str__(self) -> str:
        if self.kind == "table":
            return f"table {self.table}"
        return f"{self.kind} {self.name} on {self.table}" if self.table else f"{self.kind} {self.name}"


Catalog = dict[DatabaseObject, str]
"""Objects, each with its definition."""


@dataclass(frozen=True)
class Difference:
    """An object that is not as in a new database; `expected` or `found` is None where it is missing."""

    object: DatabaseObject
    expected: str | None
    found: str | None

    def __str__(self) -> str:
        if self.found is None:
            return f"{self.object} is missing"
        if self.expected is None:
            return f"{self.object} is not of this version"
        return f"{self.object} is {self.found}, not {self.expected}"

    @property
    def repair(self) -> str:
        """Statements that repair the object, or its definition."""
        if self.expected is None:
            return "Drop it, unless it is your own."
        if self.object.kind not in _REPAIRS:
            return f"Bring it to what a new database of this version has: {self.expected}"
        drop, create = _REPAIRS[self.object.kind]
        statements = create if self.found is None else drop + create
        names = {"table": self.object.table, "name": self.object.name}
        return f"Run: {statements.format(**names, definition=self.expected)}"


def read(connection: BaseDatabaseWrapper, *, complete: bool = False) -> Catalog:
    """Return the objects of a database; if `complete`, with partitions and what the active strategy installs."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["objects"], {"complete": complete})
        return {DatabaseObject(table, kind, name): definition for table, kind, name, definition in cursor.fetchall()}


def write(catalog: Catalog) -> str:
    """Return the text of the file: a line for each object, sorted, its parts separated by tabs."""
    return "".join(
        f"{each.table}\t{each.kind}\t{each.name}\t{definition}\n" for each, definition in sorted(catalog.items())
    )


@cache
def expected() -> Catalog:
    """Return the objects of a new database of this version."""
    lines = (files(__package__) / FILE).read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines)
    return {DatabaseObject(table, kind, name): definition for table, kind, name, definition in rows}


def differences(found: Catalog) -> list[Difference]:
    """Return what differs from a new database, sorted. A missing or surplus table is reported without its objects."""
    new = expected()
    differing = [each for each in sorted(new.keys() | found.keys()) if not _is_same(new.get(each), found.get(each))]
    whole = {each.table for each in differing if each.kind == "table" and not (each in new and each in found)}
    return [
        Difference(each, new.get(each), found.get(each))
        for each in differing
        if each.kind == "table" or each.table not in whole
    ]


def _is_same(one: str | None, other: str | None) -> bool:
    """Compare without casts and parentheses, which a dump and restore changes without changing the meaning."""
    if one is None or other is None:
        return one is other
    return one == other or _CASTS.sub("", one) == _CASTS.sub("", other)
