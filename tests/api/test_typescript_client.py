"""A TypeScript client by openapi-typescript and openapi-fetch knows both answers and the record body."""

import shutil
import subprocess
from pathlib import Path

import pytest
from django.test import Client

from tests.docs.blocks import ROOT, blocks_of

pytestmark = pytest.mark.django_db

PACKAGES = ("openapi-typescript@7.13.0", "openapi-fetch@0.17.0", "typescript@5.9.3")
SOURCE = Path(__file__).with_name("client.ts")
PAGE = ROOT / "docs" / "clients.md"
JSON = "application/vnd.oai.openapi+json"


def typescript_of(source: Path) -> str:
    """Return a program, or those of a page, one after the other."""
    if source.suffix == ".ts":
        return source.read_text()
    return "\n".join(block.text for block in blocks_of(source) if block.language == "typescript")


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a program to its end and capture its output."""
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=300
    )


@pytest.fixture
def programs(request: pytest.FixtureRequest) -> Path:
    """Return the folder of the packages' programs, which are installed once into pytest's cache."""
    if missing := [name for name in ("node", "npm") if shutil.which(name) is None]:
        pytest.skip(f"a TypeScript client needs {' and '.join(missing)}, which this machine does not have")
    folder = request.config.cache.mkdir("typescript-" + "-".join(PACKAGES).replace("@", "-"))
    programs = folder / "node_modules" / ".bin"
    if not (programs / "tsc").exists():
        installing = ("npm", "install", "--no-save", "--no-audit", "--no-fund", "--fetch-retries=0")
        made = run(*installing, "--prefix", folder, *PACKAGES, cwd=folder)
        if made.returncode:
            pytest.skip(f"npm cannot install {', '.join(PACKAGES)} on this machine: {made.stderr.strip()[-200:]}")
    return programs


@pytest.mark.parametrize("source", [SOURCE, PAGE], ids=lambda path: path.name)
def test_it_compiles_what_reads_the_answers_and_sends_records(
    programs: Path, nobody: Client, tmp_path: Path, source: Path
) -> None:
    (tmp_path / "schema.json").write_bytes(nobody.get("/api/v1/schema/", headers={"accept": JSON}).content)
    (tmp_path / "node_modules").symlink_to(programs.parent)
    (tmp_path / "client.ts").write_text(typescript_of(source))

    types = run(programs / "openapi-typescript", "schema.json", "-o", "schema.ts", cwd=tmp_path)
    assert types.returncode == 0, types.stdout + types.stderr
    options = ("--noEmit", "--strict", "--target", "es2022", "--module", "nodenext")
    compiled = run(programs / "tsc", *options, "client.ts", cwd=tmp_path)

    # The compiler reports a line marked @ts-expect-error that is no error, so no type is `any`.
    assert (compiled.returncode, compiled.stdout) == (0, ""), compiled.stderr
