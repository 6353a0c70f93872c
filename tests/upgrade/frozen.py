"""Check that migrations, and the SQL that they read, stay as they landed.

`python -m tests.upgrade.frozen` lists new ones. The list has the format of sha256sum. A file in it never changes; the
SQL of a new migration lies beside it.
"""

import re
from hashlib import sha256
from pathlib import Path

LIST = Path(__file__).with_name("frozen.sha256")
ROOT = Path(__file__).parents[2]

_READ = re.compile(r'sql\.(?:script|statements)\((?:"([\w.]+)"|__package__), "([\w./]+)"\)')

Hashes = dict[str, str]
"""Hashes of files, by their paths from the root of the repository."""


def present(root: Path = ROOT) -> Hashes:
    """Return the migrations and the SQL that they read. Raises ValueError for SQL that is read in another way."""
    migrations = list(root.glob("src/wingtel/*/migrations/[0-9]*.py"))
    found = {*migrations, *(file for migration in migrations for file in _read_by(migration, root))}
    return {str(file.relative_to(root)): sha256(file.read_bytes()).hexdigest() for file in sorted(found)}


def _read_by(migration: Path, root: Path) -> list[Path]:
    text = migration.read_text()
    reads = _READ.findall(text)
    if len(reads) != text.count("sql.script(") + text.count("sql.statements("):
        raise ValueError(f'{migration}: read SQL by sql.script(__package__, "{migration.stem}.sql")')
    packages = [root / "src" / package.replace(".", "/") if package else migration.parent for package, _ in reads]
    return [package / file for package, (_, file) in zip(packages, reads, strict=True)]


def listed() -> Hashes:
    """Return the listed hashes."""
    rows = (line.split("  ") for line in LIST.read_text().splitlines())
    return {path: hashed for hashed, path in rows}


def problems(found: Hashes, landed: Hashes) -> list[str]:
    """Return the files that are no longer as they landed, and those that are not listed."""
    return [
        *(f"{path} is gone: put it back" for path in sorted(landed.keys() - found.keys())),
        *(
            f"{path} was changed after it landed: put it back, and add a migration"
            for path in sorted(landed.keys() & found.keys())
            if landed[path] != found[path]
        ),
        *(
            f"{path} is not listed: run `python -m tests.upgrade.frozen` once it is as it should land"
            if "/migrations/" in path
            else f"{path} does not lie beside its migration"
            for path in sorted(found.keys() - landed.keys())
        ),
    ]


def add() -> None:
    """Add the files that are not listed yet. Listed files keep their hashes."""
    hashes = present() | listed()
    LIST.write_text("".join(f"{hashed}  {path}\n" for path, hashed in sorted(hashes.items())))


if __name__ == "__main__":
    add()
