"""An ordinary user's server runs as that user, in folders of that user."""

import os
from pathlib import Path

import pytest

from wingtel.embedded import EmbeddedPostgres, EmbeddedServerError

from .observer import postmaster


def test_the_server_runs_as_its_user(server: EmbeddedPostgres) -> None:
    server.start()
    assert Path(f"/proc/{postmaster(server)}").stat().st_uid == os.geteuid()


def test_the_data_are_closed_to_others(server: EmbeddedPostgres) -> None:
    server.start()
    assert (server.folder / "data").stat().st_mode & 0o777 == 0o700


def test_a_folder_of_another_user_is_refused() -> None:
    with pytest.raises(EmbeddedServerError, match=r"^The folder /usr belongs to user id 0, and this process runs as"):
        EmbeddedPostgres(Path("/usr")).start()


def test_a_folder_that_cannot_be_made_is_named() -> None:
    with pytest.raises(EmbeddedServerError, match="Cannot make the folder /usr/wingtel/pg: "):
        EmbeddedPostgres(Path("/usr/wingtel/pg")).start()


def test_a_closed_folder_is_named(server_folder: Path) -> None:
    closed = server_folder / "closed"
    closed.mkdir(mode=0o000)
    try:
        with pytest.raises(EmbeddedServerError, match=f"Cannot make the folder {closed / 'pg'}: "):
            EmbeddedPostgres(closed / "pg").start()
    finally:
        closed.chmod(0o700)  # or it could not be removed
