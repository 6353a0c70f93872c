"""Watched folders in WINGTEL_WATCH_FOLDERS, and the rules by which their files are complete."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

_OPTION = re.compile(r"\s+(\w+)=(\S*)$")
_NAME = re.compile(r"[\w.-]{1,50}")
_LONGEST_QUIET = 86_400  # seconds
COMPLETION_RULE = f"rename, marker, quiet, or quiet:SECONDS with up to {_LONGEST_QUIET} seconds"


class Sign(StrEnum):
    """A sign that a file is complete: its final name, a marker file beside it, or that it does not change any more."""

    RENAME = "rename"
    MARKER = "marker"
    QUIET = "quiet"


@dataclass(frozen=True)
class Completion:
    """Rule by which a file is complete. With QUIET, two scans at least `seconds` apart find it unchanged."""

    sign: Sign = Sign.QUIET
    seconds: float = 0.0


QUIET = Completion()


@dataclass(frozen=True)
class Watch:
    """A folder whose complete files are imported by the profile `feed`. Tasks refer to it by its name."""

    name: str
    feed: str
    folder: Path
    completion: Completion = QUIET


def parse_completion(text: str) -> Completion:
    """Return the rule of `rename`, `marker`, `quiet` or `quiet:SECONDS`. Raises ValueError with the expected form."""
    sign, _, seconds = text.partition(":")
    try:
        rule = Completion(Sign(sign), float(seconds or 0))
    except ValueError:
        rule = None
    if rule is None or not 0 <= rule.seconds <= _LONGEST_QUIET or (seconds and rule.sign is not Sign.QUIET):
        raise ValueError(f"{text!r} is not {COMPLETION_RULE}")
    return rule


def parse_watch(text: str) -> Watch:
    """Return the watch of `PROFILE=FOLDER`, optionally with `name=NAME` and `complete=RULE` after it.

    Without a name, it has that of its profile. Raises ValueError with the expected form.
    """
    rest, options = text.strip(), dict[str, str]()
    while option := _OPTION.search(rest):
        key, value = option.groups()
        if key not in {"name", "complete"} or key in options:
            raise ValueError(f"{text.strip()!r}: {key}= is not one of name=NAME and complete=RULE, each once")
        options[key], rest = value, rest[: option.start()]
    feed, _, folder = (part.strip() for part in rest.partition("="))
    if not feed or not folder:
        raise ValueError(f"{text.strip()!r} has to be PROFILE=FOLDER, and name=NAME or complete=RULE after it")
    name = options.get("name", Path(feed).name.removesuffix(".toml"))
    if "name" in options and not _NAME.fullmatch(name):
        raise ValueError(f"the name {name!r} has to be 1 to 50 letters, digits, dots, hyphens and underscores")
    return Watch(name, feed, Path(folder), parse_completion(options.get("complete", "quiet")))


def parse_watches(text: str) -> tuple[Watch, ...]:
    """Return the watches of a list with commas. A repeated name gets a number.

    Raises ValueError for an invalid watch, and for a folder that is watched twice.
    """
    watches: dict[str, Watch] = {}
    for watch in (parse_watch(part) for part in text.split(",") if part.strip()):
        if any(watch.folder == other.folder for other in watches.values()):
            raise ValueError(f"{watch.folder} is watched twice")
        name = _unique(watch.name, watches.__contains__)
        watches[name] = replace(watch, name=name)
    return tuple(watches.values())


def _unique(name: str, is_taken: Callable[[str], bool]) -> str:
    number = 1
    while is_taken(numbered := f"{name}-{number}" if number > 1 else name):
        number += 1
    return numbered
