"""The picture of both answers in README: what the demo prints, as an SVG for light and dark pages.

`python -m pytest tests/docs/test_picture.py` compares it with docs/answers.svg. With WINGTEL_TEST_DRAW=1 it draws it.
"""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

ROW, WIDTH, MARGIN = 22, 880, 24
STYLE = """\
text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; fill: #1f2328; white-space: pre }
.frame { fill: #f6f8fa; stroke: #d1d9e0 }
.title { font: 600 16px system-ui, sans-serif }
.head, .command { fill: #59636e }
.amount { fill: #0550ae; font-weight: 600 }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc }
  .frame { fill: #151b23; stroke: #3d444d }
  .head, .command { fill: #9198a1 }
  .amount { fill: #79c0ff }
}"""


class Answer(NamedTuple):
    """A question, the command that asks it, the columns, which of them stands out, and the rows."""

    question: str
    command: str
    columns: tuple[str, ...]
    marked: int
    rows: Sequence[tuple[str, ...]]


def drawn(answers: Sequence[Answer]) -> str:
    """Return the SVG of some answers, one below the other."""
    parts: list[str] = []
    top = MARGIN
    for answer in answers:
        height = ROW * (len(answer.rows) + 4)
        parts.append(f'<rect class="frame" x="1" y="{top - 16}" width="{WIDTH - 2}" height="{height}" rx="8"/>')
        parts += [
            _text("title", MARGIN, top + 10, answer.question),
            _text("command", MARGIN, top + 10 + ROW, f"$ {answer.command}"),
            *_table(answer, top + 18 + 2 * ROW),
        ]
        top += height + MARGIN
    size = f'width="{WIDTH}" height="{top - 16}" viewBox="0 0 {WIDTH} {top - 16}"'
    body = "\n".join(parts)
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">\n<style>\n{STYLE}\n</style>\n{body}\n</svg>\n'


def _table(answer: Answer, top: int) -> list[str]:
    step = (WIDTH - 2 * MARGIN) // len(answer.columns)
    lines = []
    for number, row in enumerate((answer.columns, *answer.rows)):
        for column, value in enumerate(row):
            kind = "head" if not number else "amount" if column == answer.marked else "value"
            lines.append(_text(kind, MARGIN + column * step, top + number * ROW, value))
    return lines


def _text(kind: str, x: int, y: int, text: str) -> str:
    return f'<text class="{kind}" x="{x}" y="{y}">{escape(text)}</text>'
