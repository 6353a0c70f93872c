"""Profile errors: the dotted key that is wrong, the problem, and the values that are allowed."""

import re
from enum import Enum
from types import UnionType
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin

import msgspec

from .profile_schema import KeyProblemError

_MESSAGE = re.compile(r"(?P<problem>.*?)(?: - at `\$\.?(?P<path>.*)`)?", re.DOTALL)
_MISSING = re.compile("Object missing required field `(.*)`")
_UNKNOWN = re.compile("Object contains unknown field `(.*)`", re.DOTALL)
_STEP = re.compile(r"\[(\d+|\.\.\.)\]|([^.\[]+)")
_NAMES: dict[Any, str] = {str: "a text", bool: "true or false", dict: "a table"}


class _Place(NamedTuple):
    """A place in a TOML file: its dotted key, its value, and the type that the schema gives it."""

    key: str
    value: Any
    type: Any


def explained(error: msgspec.ValidationError, content: object, schema: type) -> str:
    """Return the dotted key in `content` that does not fit `schema`, and the reason."""
    match = _MESSAGE.fullmatch(str(error))
    problem, path = (match["problem"], match["path"] or "") if match else (str(error), "")
    place = _Place("", content, schema)
    for step in _STEP.finditer(path):
        place = _child(place, step[1] or step[2])
    fields = _fields(place.type)
    if isinstance(error.__cause__, KeyProblemError):
        return f"{_dotted(place.key, error.__cause__.key)}: {problem}"
    if missing := _MISSING.fullmatch(problem):
        return f"{_dotted(place.key, missing[1])}: missing; {_described(fields[missing[1]])} is needed"
    if unknown := _UNKNOWN.fullmatch(problem):
        return f"{_dotted(place.key, unknown[1])}: unknown key; known here are {', '.join(sorted(fields))}"
    return f"{place.key}: has to be {_described(place.type)}, not {place.value!r}"


def _dotted(table: str, key: str) -> str:
    return f"{table}.{key}".lstrip(".")


def _child(place: _Place, step: str) -> _Place:
    if step == "...":
        return _wrong_item(place)
    if step.isdecimal():
        value = place.value[int(step)]
        key = f"{place.key}[{int(step) + 1}]" if isinstance(value, dict) else place.key
        return _Place(key, value, _items(place.type, tuple))
    return _Place(_dotted(place.key, step), place.value[step], _fields(place.type)[step])


def _wrong_item(place: _Place) -> _Place:
    """Return the first item of a table that does not fit the schema: msgspec does not say which."""
    wanted = _items(place.type, dict)
    for name, value in place.value.items():
        try:
            msgspec.convert(value, wanted)
        except msgspec.ValidationError:
            return _Place(_dotted(place.key, name), value, wanted)
    return place


def _members(kind: Any) -> list[Any]:
    """Return the types of a union, without annotations and None."""
    if hasattr(kind, "__metadata__"):
        return _members(kind.__origin__)
    if get_origin(kind) in {tuple, dict, Literal} or isinstance(kind, type):
        return [kind] if kind is not type(None) else []
    return [member for alternative in get_args(kind) for member in _members(alternative)]


def _items(kind: Any, origin: type) -> Any:
    """Return the type of the items of a list or a table."""
    return next(
        get_args(member)[-1 if origin is dict else 0] for member in _members(kind) if get_origin(member) is origin
    )


def _fields(kind: Any) -> dict[str, Any]:
    """Return the types of a table's keys."""
    tables = [member for member in _members(kind) if isinstance(member, type) and issubclass(member, msgspec.Struct)]
    return {field.encode_name: field.type for table in tables for field in msgspec.structs.fields(table)}


def _described(kind: Any) -> str:
    """Return the values that a type allows, in words."""
    for note in getattr(kind, "__metadata__", ()):
        if note.description:
            return str(note.description)
        if note.ge is not None:
            return f"a whole number from {note.ge}"
    if hasattr(kind, "__metadata__"):
        return _described(kind.__origin__)
    if get_origin(kind) in {Union, UnionType}:
        return " or ".join(_described(member) for member in get_args(kind) if member is not type(None))
    return _described_member(kind)


def _described_member(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return f"one of {', '.join(map(str, get_args(kind)))}"
    if get_origin(kind) is tuple:
        return "a list of texts" if get_args(kind)[0] is str else "a list of tables"
    if isinstance(kind, type) and issubclass(kind, Enum):
        return f"one of {', '.join(str(member.value) for member in kind)}"
    return _NAMES.get(get_origin(kind) or kind, "a table")
