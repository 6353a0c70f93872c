"""Shapes: each body is declared once, as a msgspec Struct whose members have a meaning and an example.

msgspec makes JSON and its schema from the declaration; this module reads examples and columns from it.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from msgspec import Meta, Struct, inspect


class ColumnKind(Enum):
    """Type of a column's values. Money is an exact decimal with eight digits after the point at most."""

    INTEGER = "a whole number"
    INTEGER_OR_NONE = "a whole number, or none"
    QUANTITY = "a whole number, which may have more than 64 bits"
    MONEY = "money"
    TEXT = "a text, empty where there is none"
    DAY = "a day"
    TIMESTAMP = "a timestamp in UTC, exact to the microsecond"


@dataclass(frozen=True)
class Column:
    """A column, and the meaning of its values."""

    name: str
    kind: ColumnKind
    meaning: str


_KINDS: dict[type[inspect.Type], ColumnKind] = {
    inspect.IntType: ColumnKind.INTEGER,
    inspect.StrType: ColumnKind.TEXT,
    inspect.DateType: ColumnKind.DAY,
    inspect.DateTimeType: ColumnKind.TIMESTAMP,
}


def one_of(choices: Iterable[str], meaning: str) -> Meta:
    """Return the annotation of a text that is one of `choices`."""
    values = list(map(str, choices))
    return Meta(description=meaning, examples=values[:1], extra_json_schema={"enum": values})


def names_of(shape: type[Struct], *, without: Collection[str] = ()) -> tuple[str, ...]:
    """Return the names of the members of a shape, except those of `without`."""
    return tuple(name for name in shape.__struct_encode_fields__ if name not in without)


def columns_of(shape: type[Struct], *names: str) -> tuple[Column, ...]:
    """Return the members of a shape as columns: those of `names`, or all.

    Raises TypeError if one of them has no meaning.
    """
    columns = (_column(member) for member in _members(shape) if not names or member.encode_name in names)
    return tuple(columns)


def example_of(shape: type[Struct]) -> dict[str, Any]:
    """Return an example of a shape, made of the examples of its members.

    An optional member without an example is left out.
    """
    members = [member for member in _members(shape) if member.required or "examples" in _extra_schema(member)]
    return {member.encode_name: _example(member.type) for member in members}


def nested(shape: type[Struct]) -> Iterator[type[Struct]]:
    """Yield the shapes nested in the members of a shape."""
    for member in _members(shape):
        yield from _structs(member.type)


def _members(shape: type[Struct]) -> tuple[inspect.Field, ...]:
    info = inspect.type_info(shape)
    if not isinstance(info, inspect.StructType):
        raise TypeError(f"{shape} is not a shape")
    return info.fields


def _extra_schema(member: inspect.Field) -> dict[str, Any]:
    return (isinstance(member.type, inspect.Metadata) and member.type.extra_json_schema) or {}


def _column(member: inspect.Field) -> Column:
    metadata = member.type
    if not isinstance(metadata, inspect.Metadata):
        raise TypeError(f"{member.name} has no meaning: give it one in Meta(description=...)")
    kind = (metadata.extra or {}).get("kind") or _KINDS[type(metadata.type)]
    return Column(member.encode_name, kind, (metadata.extra_json_schema or {})["description"])


def _example(kind: inspect.Type) -> Any:
    match kind:
        case inspect.Metadata(type=inner, extra_json_schema=schema):
            return schema["examples"][0] if schema and "examples" in schema else _example(inner)
        case inspect.StructType(cls=shape):
            return example_of(shape)
        case inspect.ListType(item_type=item):
            return [_example(item)]
        case inspect.UnionType(types=types):
            return None if any(isinstance(each, inspect.NoneType) for each in types) else _example(types[0])
        case inspect.IntType() | inspect.BoolType():
            return 1 if isinstance(kind, inspect.IntType) else True
    raise TypeError(f"{kind} has no example: give it one in Meta(examples=[...])")


def _structs(kind: inspect.Type) -> Iterator[type[Struct]]:
    match kind:
        case inspect.Metadata(type=inner) | inspect.ListType(item_type=inner):
            yield from _structs(inner)
        case inspect.UnionType(types=types):
            for each in types:
                yield from _structs(each)
        case inspect.StructType(cls=shape):
            yield shape
