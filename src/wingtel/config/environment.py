"""The settings of an operator: environment variables, declared once and all checked at start.

`python -m wingtel.config.documentation` generates docs/settings.md and .env.example from the declarations.
"""

import os
import re
import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from .env_file import read_env_file
from .values import (
    BOOLEAN,
    CURRENCY,
    EMAILS,
    FILE,
    FOLDER,
    HOSTS,
    ORIGINS,
    SENDER,
    SERVER,
    TEXT,
    TIME_ZONE,
    WATCHES,
    Kind,
    number,
    one_of,
    url,
    whole_number,
)
from .watches import Watch

T = TypeVar("T")
D = TypeVar("D")

PREFIX = "WINGTEL_"
ENV_FILE = f"{PREFIX}ENV_FILE"
FOR_TESTS = f"{PREFIX}TEST_"
"""The prefix of variables for the tests, which the check skips."""

CENTURY = 36_500  # days
DAY = 86_400  # seconds
FAULTY_EXIT_CODE = 2

_SERVICE_LINK = re.compile(
    r"WINGTEL_(\w+_)?(SERVICE_HOST=|SERVICE_PORT(_\w+)?=|PORT_[0-9]+_(TCP|UDP|SCTP)|PORT=(tcp|udp|sctp)://)"
)
"""A variable that Kubernetes sets in every container for a service whose name begins with wingtel."""


@dataclass(frozen=True)
class Variable:
    """A variable: its name, meaning, kind of values, default in words, and group in the documentation.

    A variable without a group belongs to that of the variable before it.
    """

    name: str
    meaning: str
    kind: Kind[Any]
    default: str
    group: str


def variable(
    kind: Kind[T], default: D, meaning: str, *, default_words: str = "", name: str = "", group: str = ""
) -> T | D:
    """Declare a field and its variable, called WINGTEL_ and the field's name unless `name` is given."""
    words = default_words or _words(default)
    return field(default=default, metadata={"variable": Variable(name, meaning, kind, words, group)})


def _words(default: object) -> str:
    if default == ():
        return "none"
    return f"`{int(default) if isinstance(default, bool) else default}`"


@dataclass(frozen=True, kw_only=True)
class Environment:
    """The values of all variables."""

    database_url: str = variable(
        url("postgresql", "postgres"),
        "",
        "the PostgreSQL (15 to 18) to use, such as `postgresql://user:password@host/wingtel`; migrate it with"
        " `wingtel manage migrate`",
        default_words="an embedded server, migrated by itself",
        name="DATABASE_URL",
        group="Servers and files",
    )
    database_pool: int = variable(whole_number(1, 1000), 8, "connections of one server process at most")
    redis_url: str = variable(
        url("redis", "rediss", "unix"),
        "",
        "the Redis or Valkey for background work, and for counting requests, such as `redis://host:6379/0`",
        default_words="an embedded Valkey",
        name="REDIS_URL",
    )
    home: Path | None = variable(
        FOLDER,
        None,
        "where the embedded servers keep their data",
        default_words="`/var/lib/wingtel` for root, else the platform's user data folder",
    )
    env_file: Path | None = variable(
        FILE,
        None,
        "a [file of settings](settings.md#a-file-of-settings); what the environment says goes before it",
        default_words="none",
    )

    time_zone: str = variable(
        TIME_ZONE,
        "UTC",
        "the zone whose midnights bound the business days; taken when the database is first migrated",
        group="Business days, the currency and the life of raw records",
    )
    currency: str = variable(
        CURRENCY,
        "USD",
        "the currency of every price, told with it; taken when the database is first migrated",
    )
    retention_days: int = variable(
        whole_number(1, CENTURY),
        45,
        "days that raw records are kept; `wingtel days expire` drops those of sealed days past it",
    )
    seal_after_days: int = variable(
        whole_number(1, CENTURY),
        3,
        "days after which a day that is over is sealed; at most `WINGTEL_RETENTION_DAYS`",
    )
    max_lateness_days: int | None = variable(
        whole_number(0, CENTURY),
        None,
        "days that a record may be late; one from further back is rejected, unless its day has a partition still;"
        " at most `WINGTEL_RETENTION_DAYS`",
        default_words="that of `WINGTEL_RETENTION_DAYS`",
    )
    max_future_days: int = variable(
        whole_number(0, 366),
        2,
        "days that a record may lie ahead of the clock, and for which partitions are made ahead",
    )
    reconcile_days: int = variable(whole_number(1, CENTURY), 7, "so many last days are compared with their sources")
    reconcile_hours: int = variable(whole_number(1, 8784), 24, "hours between two of these comparisons")

    watch_folders: tuple[Watch, ...] = variable(
        WATCHES,
        (),
        "folders whose files are imported as they arrive, each with the profile of its feed; tasks call it by its name,"
        " which is else that of the profile, and a file is complete by its rule, see"
        " [feeds](feeds.md#watched-folders)",
        group="Background work",
    )
    watch_creates_subscriptions: bool = variable(BOOLEAN, False, "`1` creates the unknown subscriptions in them")
    watch_interval: float = variable(
        number(0.1, DAY),
        5,
        "seconds between two looks into them",
    )
    merge_interval: float = variable(number(0.1, DAY), 2, "seconds between two merges")
    evaluation_interval: float = variable(
        number(0.1, DAY), 10, "seconds between two evaluations of price limits, and between two deliveries of alerts"
    )
    maintenance_interval: float = variable(
        number(1, DAY), 3600, "seconds between two looks at which days are due to be made, sealed and expired"
    )
    workers: int = variable(whole_number(1, 1000), 2, "processes that run tasks")
    import_workers: int = variable(whole_number(1, 1000), 1, "processes that import from watched folders")

    tariff: str = variable(
        TEXT,
        "",
        "a [feed profile](feeds.md), by its name or its file, whose tariff prices records that come over HTTP without"
        " a price",
        default_words="none: such records are rejected",
        group="The API",
    )
    secret_key: str = variable(
        TEXT,
        "insecure: set WINGTEL_SECRET_KEY where others can reach the server",
        "Django's secret key; set it where others can reach the server",
        default_words="an insecure one",
    )
    allowed_hosts: tuple[str, ...] = variable(
        HOSTS,
        ("127.0.0.1", "localhost", "[::1]"),
        "host names to answer to; `.example.com` is that name and all below it, `*` any",
        default_words="this machine's",
    )
    requests_per_minute: int = variable(
        whole_number(0, 1_000_000_000),
        60_000,
        "requests that a key or person has in a minute, unless the key was made with another number; 0 for any number",
    )
    key_cache_seconds: float = variable(
        number(0, DAY),
        5,
        "seconds for which a process goes on with what it read of a key: so long may a revoked one go on",
    )
    cors_origins: tuple[str, ...] = variable(ORIGINS, (), "origins whose pages may call the API with a key")
    max_concurrent_exports: int = variable(
        whole_number(1, 1000),
        2,
        "[exports](exports.md) that one server process makes and sends at once; more are told to come again",
    )
    export_seconds: int = variable(
        whole_number(0, DAY), 300, "seconds that the database works on one of them at most; 0: for ever"
    )
    log_level: str = variable(
        one_of("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"),
        "WARNING",
        "the least that is logged; `INFO` has a line for each request",
    )
    log_format: str = variable(one_of("text", "json"), "text", "lines of text, or of JSON for programs")

    alert_emails: tuple[str, ...] = variable(EMAILS, (), "addresses told of every price limit alert", group="Alerts")
    webhook_allow_private: bool = variable(
        BOOLEAN,
        False,
        "`1` lets webhooks go to private, loopback and link-local addresses, and by `http`",
        default_words="`0`: to public addresses, by `https`",
    )
    smtp_host: str = variable(SERVER, "", "the SMTP server that mails are sent by", default_words="mails are printed")
    smtp_port: int = variable(whole_number(1, 65_535), 587, "its port")
    smtp_user: str = variable(TEXT, "", "the account to log in with", default_words="no login")
    smtp_password: str = variable(TEXT, "", "its password", default_words="no login")
    smtp_tls: bool = variable(BOOLEAN, True, "`0` sends without STARTTLS")
    email_from: str = variable(SENDER, "wingtel@localhost", "the sender of mails")


class EnvironmentFaultsError(ValueError):
    """An error of invalid variables. `faults` has a line for each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def declared() -> dict[str, Variable]:
    """Return all variables by the names of their fields."""
    variables = {}
    group = ""
    for each in fields(Environment):
        variable: Variable = each.metadata["variable"]
        group = variable.group or group
        variables[each.name] = replace(variable, name=variable.name or PREFIX + each.name.upper(), group=group)
    return variables


def load() -> Environment:
    """Return the settings of this process. If they have faults, print them on stderr and end with exit code 2."""
    try:
        return read_with_file(os.environ)
    except EnvironmentFaultsError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(FAULTY_EXIT_CODE)


def read_with_file(environ: Mapping[str, str]) -> Environment:
    """Return the values of the variables in `environ`, which go before those in the file of WINGTEL_ENV_FILE.

    Raises EnvironmentFaultsError as `read` does. A fault of the file gives its path.
    """
    if not environ.get(ENV_FILE):
        return read(environ)
    try:
        path = FILE.parse(environ[ENV_FILE])
        in_file = {name: value for name, value in read_env_file(path).items() if not environ.get(name)}
    except ValueError as error:
        raise EnvironmentFaultsError([f"{ENV_FILE}: {fault}" for fault in str(error).splitlines()]) from error
    try:
        return read({**environ, **in_file})
    except EnvironmentFaultsError as error:
        faults = (f"{line} (in {path})" if line.partition(":")[0] in in_file else line for line in error.faults)
        raise EnvironmentFaultsError(list(faults)) from error


def read(environ: Mapping[str, str]) -> Environment:
    """Return the values of the variables in `environ`. An empty variable counts as not set.

    Raises EnvironmentFaultsError with every fault: of single values, unknown names, and values that contradict others.
    """
    variables = declared()
    parsed: dict[str, Any] = {}
    faults: dict[str, str] = {}
    for name, variable in variables.items():
        try:
            if text := environ.get(variable.name):
                parsed[name] = variable.kind.parse(text)
        except ValueError as error:
            faults[name] = f"{variable.name}: {error}"
    environment = Environment(**parsed)
    known = [variable.name for variable in variables.values()]
    lines = [*faults.values(), *_contradictions(environment, faults), *_unsafe(environ), *_unknown(environ, known)]
    if lines:
        raise EnvironmentFaultsError(lines)
    return environment


def _contradictions(environment: Environment, faulty: Collection[str]) -> Iterator[str]:
    """Yield faults of values that contradict each other, unless one of them is faulty by itself."""
    retention_days = environment.retention_days
    if "retention_days" in faulty:
        return
    if "seal_after_days" not in faulty and environment.seal_after_days > retention_days:
        yield (
            f"WINGTEL_RETENTION_DAYS: {retention_days} is less than WINGTEL_SEAL_AFTER_DAYS"
            f" ({environment.seal_after_days}); raw records are kept until their day is sealed, or longer"
        )
    max_lateness_days = environment.max_lateness_days
    if "max_lateness_days" not in faulty and max_lateness_days is not None and max_lateness_days > retention_days:
        yield (
            f"WINGTEL_MAX_LATENESS_DAYS: {max_lateness_days} is more than WINGTEL_RETENTION_DAYS ({retention_days});"
            " records that late would be dropped as soon as their day is sealed"
        )


def _unsafe(environ: Mapping[str, str]) -> Iterator[str]:
    if environ.get("WINGTEL_SECRET_KEY") == "":
        yield "WINGTEL_SECRET_KEY: is empty; set it to a long random text"


def _unknown(environ: Mapping[str, str], known: Collection[str]) -> Iterator[str]:
    by_suffix = {name.removeprefix(PREFIX): name for name in known}
    for name in sorted(environ):
        if not name.startswith(PREFIX) or name.startswith(FOR_TESTS) or name in known:
            continue
        if _SERVICE_LINK.match(f"{name}={environ[name]}"):
            continue
        matches = get_close_matches(name.removeprefix(PREFIX), by_suffix, n=1)
        yield f"{name}: there is no such setting" + "".join(f"; did you mean {by_suffix[each]}?" for each in matches)
