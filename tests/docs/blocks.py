"""Fenced blocks of README and the pages of docs/, in the order in which a reader meets them."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
"""All pages but the decisions, which have no code."""

_FENCE = re.compile(
    r'^(?P<indent> *)```(?P<language>\w*)(?: title="(?P<title>[^"]+)")?\n(?P<text>.*?)^(?P=indent)```$',
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the file name in its title, its text, and the line that it begins on."""

    language: str
    title: str
    text: str
    line: int


def blocks_of(page: Path) -> list[Block]:
    """Return the fenced blocks of a page."""
    text = page.read_text()
    return [
        Block(
            found["language"],
            found["title"] or "",
            re.sub(f"^{found['indent']}", "", found["text"], flags=re.MULTILINE),
            text[: found.start()].count("\n") + 1,
        )
        for found in _FENCE.finditer(text)
    ]


def name_of(page: Path) -> str:
    """Return the name of a page, as pytest shows it."""
    return str(page.relative_to(ROOT))
