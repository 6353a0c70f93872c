"""A home of its own for commands that are run as a user runs them."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="wingtel-home-"))
    folder.chmod(0o755)  # as root the server runs under an account of its own
    yield folder
    shutil.rmtree(folder)
