"""Migrations stay as they landed, and so does the SQL that they read."""

from hashlib import sha256
from pathlib import Path

import pytest

from tests.upgrade import frozen

MIGRATION = "src/wingtel/usage/migrations/0001_first.py"
BESIDE = "src/wingtel/usage/migrations/0001_first.sql"
ELSEWHERE = "src/wingtel/usage/sql/tables.sql"


def make(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def test_nothing_that_landed_was_changed() -> None:
    assert frozen.problems(frozen.present(), frozen.listed()) == []


def test_the_sql_that_a_migration_reads_is_found_wherever_it_lies(tmp_path: Path) -> None:
    reads = 'sql.script(__package__, "0001_first.sql"), sql.statements("wingtel.usage", "sql/tables.sql")'
    files = {MIGRATION: reads, BESIDE: "SELECT 1", ELSEWHERE: "SELECT 2"}
    make(tmp_path, files)
    assert frozen.present(tmp_path) == {path: sha256(text.encode()).hexdigest() for path, text in files.items()}


def test_sql_that_is_read_in_another_way_is_reported(tmp_path: Path) -> None:
    make(tmp_path, {MIGRATION: "sql.script(PACKAGE, FILE)"})
    with pytest.raises(ValueError, match=r'0001_first.py: read SQL by sql.script\(__package__, "0001_first.sql"\)'):
        frozen.present(tmp_path)


def test_what_was_changed_removed_or_added_is_reported() -> None:
    landed = {"src/a/migrations/0001.py": "1", "src/a/migrations/0002.py": "2", "src/a/sql/tables.sql": "3"}
    found = {
        "src/a/migrations/0001.py": "1",
        "src/a/migrations/0003.py": "4",
        "src/a/sql/more.sql": "5",
        "src/a/sql/tables.sql": "6",
    }
    assert frozen.problems(found, landed) == [
        "src/a/migrations/0002.py is gone: put it back",
        "src/a/sql/tables.sql was changed after it landed: put it back, and add a migration",
        "src/a/migrations/0003.py is not listed: run `python -m tests.upgrade.frozen` once it is as it should land",
        "src/a/sql/more.sql does not lie beside its migration",
    ]
