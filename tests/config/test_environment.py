"""Values of environment variables, and the line that reports each fault."""

from pathlib import Path
from typing import Any

import pytest

from wingtel.config.environment import Environment, EnvironmentFaultsError, read
from wingtel.config.watches import Watch

FAULTS = [
    ("WINGTEL_RETENTION_DAYS", "-4", "'-4' is not a whole number from 1 to 36500"),
    ("WINGTEL_RETENTION_DAYS", "0", "'0' is not a whole number from 1 to 36500"),
    ("WINGTEL_RETENTION_DAYS", "36501", "'36501' is not a whole number from 1 to 36500"),
    ("WINGTEL_RETENTION_DAYS", "9" * 5000, f"'{'9' * 5000}' is not a whole number from 1 to 36500"),
    ("WINGTEL_RETENTION_DAYS", "4_5", "'4_5' is not a whole number from 1 to 36500"),
    ("WINGTEL_RETENTION_DAYS", "٤٥", "'٤٥' is not a whole number from 1 to 36500"),
    ("WINGTEL_RETENTION_DAYS", "45.0", "'45.0' is not a whole number from 1 to 36500"),
    ("WINGTEL_RETENTION_DAYS", "45 days\n", r"'45 days\n' is not a whole number from 1 to 36500"),
    ("WINGTEL_MAX_FUTURE_DAYS", "367", "'367' is not a whole number from 0 to 366"),
    ("WINGTEL_SMTP_PORT", "65536", "'65536' is not a whole number from 1 to 65535"),
    ("WINGTEL_MERGE_INTERVAL", "0", "'0' is not a number from 0.1 to 86400"),
    ("WINGTEL_MERGE_INTERVAL", "nan", "'nan' is not a number from 0.1 to 86400"),
    ("WINGTEL_MERGE_INTERVAL", "inf", "'inf' is not a number from 0.1 to 86400"),
    ("WINGTEL_MERGE_INTERVAL", "1e1", "'1e1' is not a number from 0.1 to 86400"),
    ("WINGTEL_MERGE_INTERVAL", "86400.5", "'86400.5' is not a number from 0.1 to 86400"),
    ("WINGTEL_SMTP_TLS", "on", "'on' is not 1, true or yes, or 0, false or no"),
    ("WINGTEL_LOG_FORMAT", "xml", "'xml' is not text or json"),
    ("WINGTEL_LOG_LEVEL", "LOUD", "'LOUD' is not DEBUG, INFO, WARNING, ERROR or CRITICAL"),
    ("WINGTEL_TIME_ZONE", "Europe/Pariss", "'Europe/Pariss' is not an IANA time zone, such as Europe/Paris"),
    ("WINGTEL_TIME_ZONE", "Europe", "'Europe' is not an IANA time zone, such as Europe/Paris"),
    ("WINGTEL_TIME_ZONE", "../etc/passwd", "'../etc/passwd' is not an IANA time zone, such as Europe/Paris"),
    ("WINGTEL_CURRENCY", "eur", "'eur' is not the ISO 4217 code of a currency that people pay in, such as EUR"),
    ("WINGTEL_CURRENCY", "EURO", "'EURO' is not the ISO 4217 code of a currency that people pay in, such as EUR"),
    ("WINGTEL_CURRENCY", "XXX", "'XXX' is not the ISO 4217 code of a currency that people pay in, such as EUR"),
    ("WINGTEL_CURRENCY", "DEM", "'DEM' is not the ISO 4217 code of a currency that people pay in, such as EUR"),
    ("WINGTEL_CURRENCY", "EUR ", "'EUR ' is not the ISO 4217 code of a currency that people pay in, such as EUR"),
    ("WINGTEL_HOME", "~nobody-is-called-so/x", "'~nobody-is-called-so/x' is not a folder"),
    ("WINGTEL_WATCH_FOLDERS", "att", "'att' has to be PROFILE=FOLDER, and name=NAME or complete=RULE after it"),
    ("WINGTEL_WATCH_FOLDERS", "att=/a, =/b", "'=/b' has to be PROFILE=FOLDER, and name=NAME or complete=RULE after it"),
    ("WINGTEL_WATCH_FOLDERS", "att=", "'att=' has to be PROFILE=FOLDER, and name=NAME or complete=RULE after it"),
    ("WINGTEL_WATCH_FOLDERS", "att=/a,sprint=/a/", "/a is watched twice"),
    ("WINGTEL_ALLOWED_HOSTS", "a.example,https://b.example", "'https://b.example' is not a host name"),
    ("WINGTEL_CORS_ORIGINS", "https://a.example/", "'https://a.example/' is not an origin, such as"),
    ("WINGTEL_CORS_ORIGINS", "https://a.example b.example", "'b.example' is not an origin, such as"),
    ("WINGTEL_CORS_ORIGINS", "https://a.example:port", "'https://a.example:port' is not an origin, such as"),
    ("WINGTEL_ALERT_EMAILS", "ada@example.org,bob", "'bob' is not an e-mail address"),
    ("WINGTEL_EMAIL_FROM", "Wingtel", "'Wingtel' is not an e-mail address, such as"),
    ("WINGTEL_EMAIL_FROM", "a\nb <a@example.org>", r"'a\nb <a@example.org>' is not an e-mail address, such as"),
    ("WINGTEL_SMTP_HOST", "mail.example:25", "'mail.example:25' is not a host name or IP address, without a port"),
    ("WINGTEL_SMTP_HOST", "*", "'*' is not a host name or IP address, without a port"),
    ("WINGTEL_SECRET_KEY", "", "is empty; set it to a long random text"),
    ("WINGTEL_RETENTON_DAYS", "45", "there is no such setting; did you mean WINGTEL_RETENTION_DAYS?"),
    ("WINGTEL_SMPT_PORT", "25", "there is no such setting; did you mean WINGTEL_SMTP_PORT?"),
    ("WINGTEL_DATABASE_URL", "postgresql://", "there is no such setting; did you mean DATABASE_URL?"),
    ("WINGTEL_XYZZY", "", "there is no such setting"),
]


@pytest.mark.parametrize(("name", "value", "fault"), FAULTS, ids=[f"{name}={value[:20]}" for name, value, _ in FAULTS])
def test_an_invalid_value_is_reported_in_a_line(name: str, value: str, fault: str) -> None:
    (line,) = faults_of({name: value})
    assert line.startswith(f"{name}: {fault}")
    assert "\n" not in line
    assert line == f"{name}: {fault}" or fault.endswith("such as")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://ada:hunter2@example.org/wingtel"),
        ("DATABASE_URL", "ada:hunter2@example.org/wingtel"),
        ("DATABASE_URL", "postgresql:ada:hunter2@example.org/wingtel"),
        ("DATABASE_URL", "postgresql://ada:hunter2@example.org:five/wingtel"),
        ("DATABASE_URL", "postgresql://ada:hunter2@[::1/wingtel"),
        ("REDIS_URL", "http://:hunter2@example.org"),
        ("REDIS_URL", "redis://:hunter2@example.org:65536"),
    ],
)
def test_an_invalid_url_is_reported_without_the_password_in_it(name: str, value: str) -> None:
    (line,) = faults_of({name: value})
    schemes = {
        "DATABASE_URL": "postgresql:// or postgres://",
        "REDIS_URL": "redis:// or rediss:// or unix://",
    }[name]
    assert line == f"{name}: its value, which is not shown here, is not an address that begins with {schemes}"


def test_a_retention_shorter_than_the_sealing_delay_is_rejected() -> None:
    (line,) = faults_of({"WINGTEL_RETENTION_DAYS": "5", "WINGTEL_SEAL_AFTER_DAYS": "6"})
    assert line == (
        "WINGTEL_RETENTION_DAYS: 5 is less than WINGTEL_SEAL_AFTER_DAYS (6); raw records are kept until their day is"
        " sealed, or longer"
    )


def test_records_later_than_the_retention_are_rejected() -> None:
    (line,) = faults_of({"WINGTEL_RETENTION_DAYS": "5", "WINGTEL_MAX_LATENESS_DAYS": "6"})
    assert line == (
        "WINGTEL_MAX_LATENESS_DAYS: 6 is more than WINGTEL_RETENTION_DAYS (5); records that late would be dropped"
        " as soon as their day is sealed"
    )


def test_a_value_can_contradict_a_default() -> None:
    sealing, late = faults_of({"WINGTEL_SEAL_AFTER_DAYS": "46", "WINGTEL_MAX_LATENESS_DAYS": "47"})
    assert sealing.startswith("WINGTEL_RETENTION_DAYS: 45 is less than WINGTEL_SEAL_AFTER_DAYS (46);")
    assert late.startswith("WINGTEL_MAX_LATENESS_DAYS: 47 is more than WINGTEL_RETENTION_DAYS (45);")


def test_equal_days_do_not_contradict_each_other() -> None:
    days = read({f"WINGTEL_{name}_DAYS": "5" for name in ("RETENTION", "SEAL_AFTER", "MAX_LATENESS")})
    assert (days.retention_days, days.seal_after_days, days.max_lateness_days) == (5, 5, 5)


def test_a_wrong_value_contradicts_no_other() -> None:
    assert faults_of(
        {"WINGTEL_RETENTION_DAYS": "x", "WINGTEL_SEAL_AFTER_DAYS": "60", "WINGTEL_MAX_LATENESS_DAYS": "60"}
    ) == ["WINGTEL_RETENTION_DAYS: 'x' is not a whole number from 1 to 36500"]
    assert faults_of({"WINGTEL_SEAL_AFTER_DAYS": "x", "WINGTEL_MAX_LATENESS_DAYS": "x"}) == [
        "WINGTEL_SEAL_AFTER_DAYS: 'x' is not a whole number from 1 to 36500",
        "WINGTEL_MAX_LATENESS_DAYS: 'x' is not a whole number from 0 to 36500",
    ]


def test_several_faults_of_all_kinds_are_reported_at_once() -> None:
    environ = {
        "WINGTEL_MERGE_INTERVALS": "2",
        "WINGTEL_WORKERS": "none",
        "WINGTEL_SECRET_KEY": "",
        "WINGTEL_MAX_LATENESS_DAYS": "46",
        "WINGTEL_MAX_FUTURE_DAYS": "-1",
    }
    assert [line.partition(":")[0] for line in faults_of(environ)] == [
        *(
            "WINGTEL_MAX_FUTURE_DAYS",
            "WINGTEL_WORKERS",
            "WINGTEL_MAX_LATENESS_DAYS",
            "WINGTEL_SECRET_KEY",
            "WINGTEL_MERGE_INTERVALS",
        )
    ]


def test_right_values_are_read_with_their_type() -> None:
    environ = {
        "DATABASE_URL": "postgres://ada:hunter2@[::1]:5432/wingtel?sslmode=require",
        "REDIS_URL": "unix:///run/valkey.sock",
        "WINGTEL_HOME": "~/wingtel",
        "WINGTEL_TIME_ZONE": "America/Argentina/Buenos_Aires",
        "WINGTEL_CURRENCY": "XOF",
        "WINGTEL_MAX_LATENESS_DAYS": "0",
        "WINGTEL_KEY_CACHE_SECONDS": "0",
        "WINGTEL_MERGE_INTERVAL": ".5",
        "WINGTEL_WATCH_FOLDERS": "att=/srv/feeds/att, /etc/wingtel/sprint.toml=feeds/a=b ,",
        "WINGTEL_LOG_LEVEL": "info",
        "WINGTEL_ALLOWED_HOSTS": ".example.org, wingtel,[::1],*",
        "WINGTEL_CORS_ORIGINS": "https://app.example.com  http://localhost:3000",
        "WINGTEL_ALERT_EMAILS": "ada@example.org, bob@example.org",
        "WINGTEL_EMAIL_FROM": "Wingtel <wingtel@example.org>",
        "WINGTEL_SMTP_HOST": "::1",
        "WINGTEL_SMTP_PASSWORD": " with blanks ",
    }
    assert differing_from_default(read(environ)) == {
        "database_url": "postgres://ada:hunter2@[::1]:5432/wingtel?sslmode=require",
        "redis_url": "unix:///run/valkey.sock",
        "home": Path.home() / "wingtel",
        "time_zone": "America/Argentina/Buenos_Aires",
        "currency": "XOF",
        "max_lateness_days": 0,
        "key_cache_seconds": 0,
        "merge_interval": 0.5,
        "watch_folders": (
            Watch("att", "att", Path("/srv/feeds/att")),
            Watch("sprint", "/etc/wingtel/sprint.toml", Path("feeds/a=b")),
        ),
        "log_level": "INFO",
        "allowed_hosts": (".example.org", "wingtel", "[::1]", "*"),
        "cors_origins": ("https://app.example.com", "http://localhost:3000"),
        "alert_emails": ("ada@example.org", "bob@example.org"),
        "email_from": "Wingtel <wingtel@example.org>",
        "smtp_host": "::1",
        "smtp_password": " with blanks ",
    }


@pytest.mark.parametrize(
    ("text", "value"), [("1", True), ("true", True), ("YES", True), ("0", False), ("False", False), ("no", False)]
)
def test_booleans(text: str, value: bool) -> None:
    environment = read({"WINGTEL_SMTP_TLS": text, "WINGTEL_WATCH_CREATES_SUBSCRIPTIONS": text})
    assert (environment.smtp_tls, environment.watch_creates_subscriptions) == (value, value)


def test_an_empty_variable_counts_as_not_set() -> None:
    names = ("DATABASE_URL", "WINGTEL_HOME", "WINGTEL_RETENTION_DAYS", "WINGTEL_SMTP_TLS", "WINGTEL_ALERT_EMAILS")
    assert read(dict.fromkeys(names, "")) == read({}) == Environment()


def test_variables_of_other_programs_are_ignored() -> None:
    """Ignored are those of other programs, of the tests, and of Kubernetes for services wingtel and wingtel-api."""
    assert (
        read(
            {
                "PATH": "/bin",
                "WINGTELX": "1",
                "WINGTEL_TEST_SERVER_PROGRAMS": "/usr/lib/postgresql/15/bin",
                "WINGTEL_SERVICE_HOST": "10.0.0.1",
                "WINGTEL_SERVICE_PORT": "8000",
                "WINGTEL_API_SERVICE_PORT_HTTP": "8000",
                "WINGTEL_PORT": "tcp://10.0.0.1:8000",
                "WINGTEL_API_PORT_8000_TCP_ADDR": "10.0.0.1",
            }
        )
        == Environment()
    )


def faults_of(environ: dict[str, str]) -> list[str]:
    with pytest.raises(EnvironmentFaultsError) as caught:
        read(environ)
    return caught.value.faults


def differing_from_default(environment: Environment) -> dict[str, Any]:
    return {name: value for name, value in vars(environment).items() if value != getattr(Environment(), name)}
