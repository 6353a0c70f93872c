"""Settings, commands, addresses and metrics are documented, and migrations match the models."""

import re
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client

from tests.docs.commands import names
from wingtel.config import documentation
from wingtel.config.environment import Environment, declared, read_with_file
from wingtel.monitoring import metrics

ROOT = Path(__file__).parent.parent

PAGES = "\n".join(page.read_text() for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))])


def test_each_setting_is_documented_as_it_is_declared() -> None:
    """Each has its meaning, values and default. No other setting is documented."""
    text = (ROOT / documentation.PAGE).read_text()
    assert re.findall(r"^\| `.*$", text, re.MULTILINE) == [
        f"| `{each.name}` | {each.meaning} | {each.kind.rule} | {each.default} |" for each in declared().values()
    ]
    assert text == documentation.page(text), "run python -m wingtel.config.documentation"


def test_the_example_of_a_file_of_settings_has_each_with_its_default(tmp_path: Path) -> None:
    text = (ROOT / documentation.EXAMPLE).read_text()
    assert text == documentation.example(), "run python -m wingtel.config.documentation"
    file = tmp_path / "wingtel.env"
    file.write_text(re.sub("^#(?! )", "", text, flags=re.MULTILINE).replace("WINGTEL_SECRET_KEY=", "# a secret"))
    environment = read_with_file({"WINGTEL_ENV_FILE": str(file)})
    assert replace(environment, env_file=None) == Environment()
    assert {line.partition("=")[0] for line in file.read_text().splitlines() if line and line[0] != "#"} == {
        each.name for each in declared().values()
    } - {"WINGTEL_ENV_FILE", "WINGTEL_SECRET_KEY"}


def test_no_other_variable_of_the_environment_is_read() -> None:
    read = {
        name
        for source in (ROOT / "src").rglob("*.py")
        for name in re.findall(r'environ(?:\.get\(|\[)"(\w+)"', source.read_text())
    }
    assert read
    assert read <= {each.name for each in declared().values()}


def test_each_command_is_documented() -> None:
    assert names() >= {"import", "exceeding", "metrics", "days seal"}
    assert {name for name in names() if not re.search(rf"(wingtel|make) {name}\b", PAGES)} == set()


def test_each_address_of_the_api_is_documented(nobody: Client) -> None:
    documented = {re.sub(r"ID|CODE|DATE", "{}", address) for address in re.findall(r"/(?:api|metrics)[\w/]*", PAGES)}
    schema = nobody.get("/api/v1/schema/", headers={"accept": "application/json"}).json()
    addresses = {re.sub(r"{\w+}", "{}", path) for path in schema["paths"]}
    assert len(addresses) > 30
    assert addresses - documented == set()


@pytest.mark.django_db
def test_each_metric_is_documented() -> None:
    told = set(re.findall(r"^# TYPE (wingtel_\w+)", metrics.exposition().decode(), re.MULTILINE))
    page = (ROOT / "docs" / "operating.md").read_text()
    documented = {name.partition("{")[0] for name in re.findall(r"`(wingtel_[\w]+(?:{\w+})?)`", page)}
    assert len(told) > 10
    assert told == documented


@pytest.mark.django_db
def test_migrations_make_what_the_models_say() -> None:
    call_command("makemigrations", check=True, dry_run=True, stdout=StringIO())
