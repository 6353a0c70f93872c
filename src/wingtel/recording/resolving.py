"""Which subscriptions entries stand for, and which strategy there is: asked in one go, before anything is stored."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from wingtel import sql
from wingtel.database.arrays import array, text_array

from .columns import Columns
from .entries import NamedBy, Naming

_SQL = sql.statements(__package__, "sql/copy.sql")


class Resolved(NamedTuple):
    """The subscription of each entry, and which entries have none, with the number that might be meant.

    `is_of_one_day`: all entries are of the same business day.
    """

    strategy: str
    is_of_one_day: bool
    ids: Sequence[int]
    unresolved: list[tuple[int, int]]


def question(columns: Columns, naming: Naming) -> tuple[str, dict[str, Any]]:
    """The query about some entries, and its parameters."""
    texts = list(map(str, columns.subscriptions))
    about = {"first": min(columns.moments), "last": max(columns.moments), "carrier": naming.carrier}
    if naming.by is NamedBy.ID:
        return _SQL["named_by_id"], {"names": array(texts)} | about
    names = {"names": text_array(list(dict.fromkeys(texts)))}
    return _SQL["named_by_text"].replace("{column}", naming.by.value), names | about


def understood(row: Sequence[Any], names: Sequence[str | int], naming: Naming) -> Resolved:
    """What the query tells."""
    strategy, is_of_one_day, named, candidates, ids = row
    if naming.by is NamedBy.ID:
        numbers = list(map(int, names))
        unknown = dict.fromkeys(named, 0)
        unresolved = _not_one(unknown.get(number, 1) for number in numbers) if unknown else []
        return Resolved(strategy, is_of_one_day, numbers, unresolved)
    found: dict[str, tuple[int, int]] = dict(zip(named, zip(candidates, ids, strict=True), strict=True))
    counts, current = zip(*map(found.__getitem__, map(str, names)), strict=True)
    return Resolved(strategy, is_of_one_day, current, _not_one(counts) if set(counts) != {1} else [])


def _not_one(counts: Iterable[int]) -> list[tuple[int, int]]:
    return [(position, count) for position, count in enumerate(counts) if count != 1]
