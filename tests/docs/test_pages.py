"""README and the pages of docs/ hold: each block runs, in order, on an installation with a week of usage."""

import io
import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from doctest import ELLIPSIS, NORMALIZE_WHITESPACE, OutputChecker
from pathlib import Path

import pytest
from django.db import connection
from django.urls import resolve
from pytest_django.live_server_helper import LiveServer

from tests.callers import new_token
from wingtel.access.scopes import Scope
from wingtel.imports import profiles

from . import scene
from .blocks import PAGES, ROOT, Block, blocks_of, name_of
from .commands import commands_in, run

pytestmark = pytest.mark.django_db(transaction=True)

FROM_NOTHING = {"README.md"}
ELSEWHERE = {"django.md"}
"""Pages whose code another test runs: tests/embedding, in a project of its own."""
SERVER = "http://127.0.0.1:8000"
_REQUEST = re.compile(r"\b(?:GET|POST|PUT|PATCH|DELETE) +(/\S+)")
_TARGETS = re.compile(r"^([a-z-]+):", re.MULTILINE)


RUN = {"sh", "console", "python", "sql", "http", "json", "toml", "ndjson"}


def languages(path: Path) -> set[str]:
    return {block.language for block in blocks_of(path)}


class Page:
    """One page as a reader follows it, in a folder of its own."""

    def __init__(self, folder: Path, server: Callable[[], LiveServer]) -> None:
        self.folder = folder
        self.server = server
        self.names: dict[str, object] = {}

    def follow(self, block: Block) -> None:
        """Do what a block says; a block with a title is a file."""
        if block.title:
            (self.folder / block.title).write_text(block.text)
        {
            "sh": self._sh,
            "console": self._console,
            "python": self._python,
            "sql": self._sql,
            "http": self._http,
            "json": json.loads,
            "toml": lambda text: profiles.parse(text.encode(), source=block.title or "profile.toml"),
            "csv": lambda text: None,
            "ndjson": lambda text: [json.loads(line) for line in text.splitlines()],
            "typescript": lambda text: None,  # compiled by tests/api/test_typescript_client.py
            "text": lambda text: None,  # shown, not run
        }[block.language](block.text)

    def _sh(self, text: str) -> None:
        for command in commands_in(text):
            self._command(command)

    def _console(self, text: str) -> None:
        """Run the lines that begin with `$` and compare what is below them; `...` stands for anything."""
        for example in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
            command, _, expected = example.partition("\n")
            output = self._command(command)
            if expected.strip():
                same = OutputChecker().check_output(expected.strip(), output.strip(), ELLIPSIS | NORMALIZE_WHITESPACE)
                assert same, f"{command} printed:\n{output}"

    def _command(self, command: str) -> str:
        program = re.sub(r"^(\w+=('[^']*'|\S*) )+", "", command).split()[0]
        if program == "make":
            assert set(command.split()[1:2]) <= set(_TARGETS.findall((ROOT / "Makefile").read_text())), command
            return ""
        if program == "curl":
            return self._curl(command)
        assert program == "wingtel", f"{command}: mark what is not run as text"
        return run(command, self.folder)

    def _curl(self, command: str) -> str:
        sent = command.replace(SERVER, self.server().url).replace("curl ", "curl -sS --fail-with-body ", 1)
        environment = os.environ | {"KEY": new_token(Scope.ADMIN)}
        replied = subprocess.run(
            ["bash", "-c", sent],
            env=environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
        assert replied.returncode == 0, f"{command}\n{replied.stdout}{replied.stderr}"
        return replied.stdout

    def _python(self, text: str) -> None:
        if "ADDRESS" in text:
            self.names |= {"ADDRESS": self.server().url, "KEY": new_token(Scope.READ)}
        output = io.StringIO()
        with redirect_stdout(output):
            exec(text, self.names)  # noqa: S102 - the code of our own pages

    def _sql(self, text: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(text)

    def _http(self, text: str) -> None:
        """Look up the address of each request. What is in brackets may be left out."""
        for address in _REQUEST.findall(text):
            path = re.sub(r"[\[?].*", "", address)
            resolve(path.replace("ID", "7").replace("DATE", "2026-11-10").replace("CODE", "att"))


@pytest.fixture
def page(transactional_db: None, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Page]:
    path = request.node.callspec.params["path"]
    scene.restart_ids() if path.name in FROM_NOTHING else scene.build(tmp_path)
    before = Path.cwd()
    os.chdir(tmp_path)
    yield Page(tmp_path, lambda: request.getfixturevalue("live_server"))
    os.chdir(before)


@pytest.mark.parametrize(
    "path", [path for path in PAGES if RUN & languages(path) and path.name not in ELSEWHERE], ids=name_of
)
def test_what_a_page_shows_runs(page: Page, path: Path) -> None:
    for block in blocks_of(path):
        try:
            page.follow(block)
        except (Exception, pytest.fail.Exception) as error:
            raise AssertionError(f"{name_of(path)}, line {block.line}: {error}") from error


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_code_is_in_fenced_blocks_with_a_language(path: Path) -> None:
    text = path.read_text()
    fences = re.findall(r"^ *```(.*)$", text, re.MULTILINE)
    assert all(fences[::2]), "a block has no language"
    assert not any(fences[1::2])
    assert not re.findall(r"\n\n    (?!\S*```)(?:wingtel|curl|GET|POST|make) .*", text), (
        "a command is in an indented block"
    )


def test_few_blocks_are_only_shown() -> None:
    blocks = [block for path in PAGES for block in blocks_of(path)]
    shown = [block for block in blocks if block.language == "text"]
    assert len(shown) < len(blocks) / 4


@pytest.mark.parametrize("path", [*PAGES, *(ROOT / "docs" / "decisions").glob("*.md")], ids=name_of)
def test_links_lead_to_files_of_the_site(path: Path) -> None:
    root = ROOT if path.name == "README.md" and path.parent == ROOT else ROOT / "docs"
    for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text()):
        target = (path.parent / link).resolve()
        assert target.exists(), link
        assert target.is_relative_to(root), f"{link} is not in the site"
