"""Every program ends at start when its environment has faults."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

FAULTY = {"WINGTEL_RETENTION_DAYS": "-4", "WINGTEL_MERGE_INTERVALS": "1", "WINGTEL_MAX_LATENESS_DAYS": ""}
FAULTS = """\
WINGTEL_RETENTION_DAYS: '-4' is not a whole number from 1 to 36500
WINGTEL_MERGE_INTERVALS: there is no such setting; did you mean WINGTEL_MERGE_INTERVAL?
"""
ENTRY_POINTS = [
    "-m wingtel",
    "-m wingtel --help",
    "-m wingtel days expire",
    "-m wingtel up",
    "-m celery -A wingtel.celery worker",
    "-m celery -A wingtel.celery beat",
    "-m wingtel.wsgi",
]


@pytest.mark.parametrize("arguments", ENTRY_POINTS)
def test_faults_end_it_with_a_line_each_before_anything_is_started(arguments: str, tmp_path: Path) -> None:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_", "DJANGO_"))}
    process = subprocess.run(
        [sys.executable, *arguments.split()],
        env=inherited | FAULTY | {"WINGTEL_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (process.returncode, process.stdout, process.stderr) == (2, "", FAULTS)
    assert list(tmp_path.iterdir()) == []


def test_faults_of_a_settings_file_end_it_too(tmp_path: Path) -> None:
    file = tmp_path / "wingtel.env"
    file.write_text("WINGTEL_WORKERS=many\nWINGTEL_IMPORT_WORKERS=3\n")
    process = subprocess.run(
        [sys.executable, "-m", "wingtel", "days", "expire"],
        env=os.environ | {"WINGTEL_ENV_FILE": str(file), "WINGTEL_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    fault = f"WINGTEL_WORKERS: 'many' is not a whole number from 1 to 1000 (in {file})\n"
    assert (process.returncode, process.stdout, process.stderr) == (2, "", fault)


def test_a_tariff_that_is_not_there_ends_it(tmp_path: Path) -> None:
    process = subprocess.run(
        [sys.executable, "-m", "wingtel", "check"],
        env=os.environ | {"WINGTEL_TARIFF": "nowhere", "WINGTEL_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (process.returncode, process.stdout) == (2, "")
    assert process.stderr.startswith("WINGTEL_TARIFF: unknown feed profile 'nowhere'")
