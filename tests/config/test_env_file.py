"""Settings files: variables that the environment does not have are read from them."""

from pathlib import Path

import pytest

from wingtel.config.environment import Environment, EnvironmentFaultsError, read_with_file


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "wingtel.env"


def settings(file: Path, text: str, **environ: str) -> Environment:
    """Return the settings of a file and an environment that points to it."""
    file.write_text(text)
    return read_with_file({"WINGTEL_ENV_FILE": str(file), **environ})


def faults(file: Path, **environ: str) -> list[str]:
    with pytest.raises(EnvironmentFaultsError) as caught:
        read_with_file({"WINGTEL_ENV_FILE": str(file), **environ})
    return caught.value.faults


def test_values_are_read_without_their_quotes_and_as_they_are(file: Path) -> None:
    environment = settings(
        file,
        "# settings\n\n"
        "DATABASE_URL=postgresql://ada:a=b@example.org/wingtel\n"
        "  WINGTEL_WORKERS = 3  \r\n"
        "WINGTEL_SMTP_USER='ada lovelace'\n"
        'WINGTEL_EMAIL_FROM="Wingtel\'s $HOME # <ada@example.org>"\n'
        'WINGTEL_TARIFF="half\n'
        "POSTGRES_PASSWORD=of another program\n"
        "WINGTEL_LOG_LEVEL=\n",
    )
    assert environment == Environment(
        database_url="postgresql://ada:a=b@example.org/wingtel",
        env_file=file,
        workers=3,
        smtp_user="ada lovelace",
        email_from="Wingtel's $HOME # <ada@example.org>",
        tariff='"half',
    )


def test_the_environment_goes_before_the_file(file: Path) -> None:
    text = "WINGTEL_WORKERS=3\nWINGTEL_IMPORT_WORKERS=x\nWINGTEL_SECRET_KEY=secret\nWINGTEL_MAX_LATENESS_DAYS=7\n"
    environment = settings(file, text, WINGTEL_WORKERS="4", WINGTEL_IMPORT_WORKERS="5", WINGTEL_SECRET_KEY="")
    assert (environment.workers, environment.import_workers, environment.secret_key, environment.max_lateness_days) == (
        4,
        5,
        "secret",
        7,
    )


def test_without_a_name_no_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("WINGTEL_WORKERS=3\n")
    monkeypatch.chdir(tmp_path)
    assert read_with_file({"WINGTEL_ENV_FILE": ""}) == Environment()


def test_a_fault_of_a_value_reports_the_file(file: Path) -> None:
    file.write_text("WINGTEL_WORKERS=many\nWINGTEL_WORKER=3\nWINGTEL_SEAL_AFTER_DAYS=46\n")
    sealing = (
        "WINGTEL_RETENTION_DAYS: 45 is less than WINGTEL_SEAL_AFTER_DAYS (46); raw records are kept until their day is"
        " sealed, or longer"
    )
    assert faults(file, WINGTEL_MAX_FUTURE_DAYS="-1") == [
        "WINGTEL_MAX_FUTURE_DAYS: '-1' is not a whole number from 0 to 366",
        f"WINGTEL_WORKERS: 'many' is not a whole number from 1 to 1000 (in {file})",
        sealing,
        f"WINGTEL_WORKER: there is no such setting; did you mean WINGTEL_WORKERS? (in {file})",
    ]


def test_a_fault_of_the_file_reports_the_line_and_no_secret(file: Path) -> None:
    file.write_text("WINGTEL_WORKERS=3\nexport WINGTEL_SMTP_PASSWORD=hunter2\nhunter2\nWINGTEL_WORKERS=4\n")
    assert faults(file) == [
        f"WINGTEL_ENV_FILE: {file}, line 2, is not NAME=VALUE",
        f"WINGTEL_ENV_FILE: {file}, line 3, is not NAME=VALUE",
        f"WINGTEL_ENV_FILE: {file}, line 4, sets WINGTEL_WORKERS again",
    ]


def test_a_file_that_cannot_be_read_is_reported(file: Path) -> None:
    assert faults(file) == [f"WINGTEL_ENV_FILE: {file} cannot be read: No such file or directory"]
    assert faults(file.parent) == [f"WINGTEL_ENV_FILE: {file.parent} cannot be read: Is a directory"]
    file.write_bytes(b"WINGTEL_SMTP_USER=\xff\n")
    assert faults(file) == [f"WINGTEL_ENV_FILE: {file} is not UTF-8"]
    assert faults(Path("~nobody-is-called-so/x")) == ["WINGTEL_ENV_FILE: '~nobody-is-called-so/x' is not a file"]
