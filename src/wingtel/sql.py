"""Reader of SQL, which lives in `.sql` files beside the modules that use it.

A file holds blocks that start with a line `-- name: NAME`. The lines up to the next block are one script or statement:
comments that describe it, then the SQL. A file without such a line is one script.
"""

import re
from functools import cache
from importlib.resources import files

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


@cache
def script(package: str, file: str) -> str:
    """Return the whole text of `file` beside the modules of `package`."""
    return (files(package) / file).read_text(encoding="utf-8")


@cache
def statements(package: str, file: str) -> dict[str, str]:
    """Return the named blocks of `file` beside the modules of `package`.

    Raises ValueError if the file has no named block, or two of the same name.
    """
    _, *parts = _NAME.split(script(package, file))
    names, bodies = parts[::2], parts[1::2]
    if not names or len(set(names)) != len(names):
        raise ValueError(f"{package}/{file}: each block needs a line '-- name: NAME' of its own, found {names}")
    return dict(zip(names, (body.strip() for body in bodies), strict=True))
