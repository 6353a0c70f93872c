"""Reading a TOML table key by key, with errors that name the key."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from .errors import ProfileError


class Table:
    """One table of a TOML file. `path` is its dotted name, "" for the whole file. With `names_only`, columns have no
    positions.
    """

    def __init__(self, source: str, path: str, content: dict[str, Any], *, names_only: bool = False) -> None:
        self.source = source
        self.path = path
        self.content = content
        self.names_only = names_only
        self.asked: set[str] = set()

    def fail(self, key: str, problem: str) -> NoReturn:
        """Raise ProfileError for `key` of this table."""
        raise ProfileError(f"{self.source}: {self.path}.{key}: {problem}".replace(": .", ": "))

    def get(self, key: str) -> Any:
        """The value of `key` as TOML gives it, None when it is absent."""
        self.asked.add(key)
        return self.content.get(key)

    def table(self, key: str) -> "Table":
        """The table `key`, which must be there."""
        return self.optional_table(key) or self.fail(key, "missing; a table is needed")

    def optional_table(self, key: str) -> "Table | None":
        """The table `key`, None when it is absent."""
        value = self.get(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            self.fail(key, f"has to be a table, not {value!r}")
        return Table(self.source, f"{self.path}.{key}".lstrip("."), value, names_only=self.names_only)

    def tables(self, key: str) -> "list[Table]":
        """The tables `[[key]]`, none when it is absent."""
        value = self.get(key)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.fail(key, f"has to be a list of tables, not {value!r}")
        path = f"{self.path}.{key}".lstrip(".")
        return [
            Table(self.source, f"{path}[{number}]", item, names_only=self.names_only)
            for number, item in enumerate(value, start=1)
        ]

    def day(self, key: str) -> date:
        """The date at `key`, the first there is when it is absent."""
        value = self.get(key)
        if value is None:
            return date.min
        if not isinstance(value, date) or isinstance(value, datetime):
            self.fail(key, f"has to be a date such as 2026-03-31, without quotes, not {value!r}")
        return value

    def text(self, key: str, default: str | None = None) -> str:
        """The text at `key`; required when there is no default."""
        value = self.get(key)
        if value is None:
            return default if default is not None else self.fail(key, "missing; a text is needed")
        return value if isinstance(value, str) else self.fail(key, f"has to be a text, not {value!r}")

    def choice(self, key: str, choices: Iterable[str], default: str | None = None) -> str:
        """The text at `key`, which must be one of `choices`."""
        value, allowed = self.text(key, default), list(choices)
        return value if value in allowed else self.fail(key, f"{value!r} is none of {', '.join(allowed)}")

    def flag(self, key: str, default: bool) -> bool:
        """True or false at `key`."""
        value = self.get(key)
        if value is None:
            return default
        return value if isinstance(value, bool) else self.fail(key, f"has to be true or false, not {value!r}")

    def number(self, key: str, default: int, least: int = 0) -> int:
        """The whole number at `key`, not less than `least`."""
        value = self.get(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            self.fail(key, f"has to be a whole number from {least}, not {value!r}")
        return value

    def decimal(self, key: str) -> Decimal:
        """The exact decimal at `key`, written as a text so that it is never a float."""
        text = self.text(key)
        try:
            value = Decimal(text)
        except InvalidOperation:
            self.fail(key, f"{text!r} is no decimal number")
        if not value.is_finite() or value < 0 or value >= 10**10 or len(value.as_tuple().digits) > 20:
            self.fail(key, f"{text!r} has to be from 0 to below 10000000000, with 20 digits at most")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """The list of texts at `key`, empty when it is absent."""
        value = self.get(key)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.fail(key, f"has to be a list of texts, not {value!r}")
        return tuple(value)

    def column(self, key: str) -> "str | int":
        """A column at `key`: a name, or a position counted from 1."""
        value = self.get(key)
        if value is None:
            self.fail(key, "missing; a column name, or a position from 1, is needed")
        return self._column(key, value)

    def columns(self, key: str) -> "tuple[str | int, ...]":
        """One or more columns at `key`."""
        value = self.get(key)
        if not isinstance(value, list) or not value:
            self.fail(key, f"has to be a list of column names or positions, not {value!r}")
        return tuple(self._column(key, item) for item in value)

    def _column(self, key: str, value: Any) -> "str | int":
        if isinstance(value, bool) or not isinstance(value, str | int) or value in {"", 0}:
            self.fail(key, f"{value!r} is neither a column name nor a position from 1")
        if isinstance(value, int) and self.names_only:
            self.fail(key, f"{value} is a position, which columns of this format do not have; say the name")
        return value if isinstance(value, str) or value > 0 else self.fail(key, "positions count from 1")

    def done(self) -> None:
        """Raise ProfileError for a key that nobody asked for: most often a typing error."""
        for key in self.content:
            if key not in self.asked:
                self.fail(key, f"unknown key; known here are {', '.join(sorted(self.asked))}")
