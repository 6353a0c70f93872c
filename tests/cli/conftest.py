"""A separate WINGTEL_HOME for commands that are run as a user runs them."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.leftovers import new_folder


@pytest.fixture
def home() -> Iterator[Path]:
    folder = new_folder("home-")
    yield folder
    shutil.rmtree(folder)
