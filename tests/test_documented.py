"""What a user can set and run is documented, and what the models say is what the migrations make."""

import re
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command, get_commands

from wingtel.config.environment import declared

ROOT = Path(__file__).parent.parent


def test_each_setting_is_documented_as_it_is_declared() -> None:
    """With its meaning, values and default; and none that does not exist."""
    documented = re.findall(r"^\| `.*$", (ROOT / "docs/settings.md").read_text(), re.MULTILINE)
    assert documented == [
        f"| `{each.name}` | {each.meaning} | {each.kind.rule} | {each.default} |" for each in declared().values()
    ]


def test_no_other_variable_of_the_environment_is_read() -> None:
    read = {
        name
        for source in (ROOT / "src").rglob("*.py")
        for name in re.findall(r'environ(?:\.get\(|\[)"(\w+)"', source.read_text())
    }
    assert read
    assert read <= {each.name for each in declared().values()}


def test_each_command_is_documented() -> None:
    readme = (ROOT / "README.md").read_text()
    ours = {name for name, app in get_commands().items() if app == "wingtel"}
    assert ours >= {"import", "exceeding", "metrics"}
    assert {name for name in ours if not re.search(rf"wingtel\s{name}|make {name}", readme)} == set()


@pytest.mark.django_db
def test_migrations_make_what_the_models_say() -> None:
    call_command("makemigrations", check=True, dry_run=True, stdout=StringIO())
