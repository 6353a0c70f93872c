"""The two walks of the contributors' page name functions that exist."""

import re
from importlib import import_module

import pytest

from .blocks import ROOT

TEXT = (ROOT / "docs" / "architecture.md").read_text()
STEPS = re.findall(r"^\| \d+ \| `([\w.]+)` \|", TEXT, re.MULTILINE)
OTHERS = re.findall(r"`((?:api|ingest|imports|aggregates|exports|access|rating|usage)\.[\w.]+)`", TEXT)


def found(path: str) -> object:
    """Return what a path below `wingtel` names: a module, or something in one."""
    module, _, rest = path.rpartition(".")
    try:
        return import_module(f"wingtel.{path}")
    except ModuleNotFoundError:
        return getattr(found(module) if module else import_module("wingtel"), rest)


def test_both_journeys_have_steps() -> None:
    assert "imports.service.import_feed" in STEPS
    assert "aggregates.queries.exceeding" in STEPS
    assert len(STEPS) > 20


@pytest.mark.parametrize("path", sorted({*STEPS, *OTHERS}))
def test_what_the_walks_name_exists(path: str) -> None:
    assert found(path)


def test_the_folders_of_the_page_exist() -> None:
    source = ROOT / "src" / "wingtel"
    names = re.findall(r"`([a-z_]+/[\w/]*(?:\.py|\.sql)?)`", TEXT.partition("## Where things are")[2])
    assert len(names) > 10
    assert [name for name in names if not (source / name).exists()] == []
