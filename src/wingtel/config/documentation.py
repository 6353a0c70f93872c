"""Generation of the tables in docs/settings.md, and of .env.example: `python -m wingtel.config.documentation`."""

import re
from itertools import groupby
from pathlib import Path
from textwrap import wrap

from .environment import ENV_FILE, Variable, declared

PAGE, EXAMPLE = Path("docs/settings.md"), Path(".env.example")

_BEGIN, _END = "<!-- begin: made by python -m wingtel.config.documentation -->", "<!-- end -->"
_LINK = re.compile(r"\[([^]]+)\]\(([^)]+)\)")
_CODE = re.compile(r"`([^`]*)`")
_ABOUT = f"""\
# The settings of Wingtel, each with its default. In a copy of this file, take the # from before a name and change the
# value; then name the copy in {ENV_FILE}. See docs/settings.md. Made by python -m wingtel.config.documentation.
"""


def page(old: str) -> str:
    """Return the page with new tables, one for each group of settings. The rest is unchanged."""
    before, _, rest = old.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    tables = "\n".join(_table(group, variables) for group, variables in _groups())
    return f"{before}{_BEGIN}\n\n{tables}\n{_END}{after}"


def example() -> str:
    """Return an example of a settings file, in which each setting is commented out."""
    parts = [_ABOUT]
    for group, variables in _groups():
        parts.append(f"\n## {group}\n")
        parts += [_commented(variable) for variable in variables if variable.name != ENV_FILE]
    return "\n".join(parts)


def _groups() -> list[tuple[str, list[Variable]]]:
    return [(name, list(group)) for name, group in groupby(declared().values(), lambda variable: variable.group)]


def _table(group: str, variables: list[Variable]) -> str:
    rows = [f"| `{each.name}` | {each.meaning} | {each.kind.rule} | {each.default} |\n" for each in variables]
    return f"### {group}\n\n| variable | meaning | values | default |\n|---|---|---|---|\n{''.join(rows)}"


def _commented(variable: Variable) -> str:
    meaning = _LINK.sub(r"\1 (docs/\2)", variable.meaning).replace("`", "")
    value = _CODE.fullmatch(variable.default)
    text = f"{meaning}. Values: {variable.kind.rule}." + ("" if value else f" Default: {variable.default}.")
    lines = wrap(text.replace("`", ""), 116, break_long_words=False, break_on_hyphens=False)
    return "".join(f"# {line}\n" for line in lines) + f"#{variable.name}={value[1] if value else ''}\n"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    EXAMPLE.write_text(example(), encoding="utf-8")
