"""Account of the operating system that runs the server, and the error of the embedded servers.

An ordinary user's server runs as that user. PostgreSQL does not run as root, so root's server runs as the system
account ``wingtel``, which is created if it is missing.
"""

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


class EmbeddedServerError(RuntimeError):
    """Failure of an embedded server.

    The message says what happened, then the last lines of the server's log if there are any, then what to do.
    """

    def __init__(self, problem: str, *, hint: str, log: str = "") -> None:
        log_part = f"\n{log.rstrip()}\n" if log.strip() else " "
        super().__init__(f"{problem}{log_part}{hint}")


SYSTEM_ACCOUNT = "wingtel"
_SYSTEM_FOLDERS = "/usr/sbin:/usr/bin:/sbin:/bin"
_HINT = "Run as an ordinary user, or set DATABASE_URL to a PostgreSQL of your own."


@dataclass(frozen=True)
class ServerAccount:
    """An account of the operating system that runs PostgreSQL's programs."""

    name: str
    uid: int
    gid: int

    @property
    def differs_from_ours(self) -> bool:
        return self.uid != os.geteuid()

    def run(self, command: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
        """Run a program as this account.

        It gets nothing of our environment that could sway PostgreSQL (PGDATA, PGPORT, a locale). It runs from /, since
        the account may not be able to enter our working folder.

        Raises OSError when the program cannot be reached, or when this process cannot become the account.
        """
        inherited = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
        differs = self.differs_from_ours
        return subprocess.run(
            [str(part) for part in command],
            check=False,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
            cwd="/",
            env={"PATH": _SYSTEM_FOLDERS, "LC_ALL": "C", **inherited},
            user=self.uid if differs else None,
            group=self.gid if differs else None,
            extra_groups=[] if differs else None,
        )

    def can_run(self, program: Path) -> bool:
        """Return True if this account reaches the program and the libraries it needs."""
        try:
            return self.run([program, "--version"]).returncode == 0
        except OSError:
            return False

    def can_enter(self, folder: Path) -> bool:
        """Return True if this account reaches the folder.

        It is tried out, not read from the modes, since access lists count too.
        """
        return not self.differs_from_ours or self.run(["/bin/sh", "-c", 'cd "$0"', folder]).returncode == 0


def server_account() -> ServerAccount:
    """Return the account that runs the server when this process starts it.

    Raises EmbeddedServerError when root's system account cannot be created or used, or when our own user id has no
    name. PostgreSQL knows its clients by the name of their account.
    """
    if os.geteuid() == 0:
        return _require_usable(_find_system_account() or _create_system_account())
    try:
        return _account(pwd.getpwuid(os.geteuid()))
    except KeyError as error:
        raise EmbeddedServerError(
            f"User id {os.geteuid()} has no name in /etc/passwd, and PostgreSQL does not run without one.",
            hint=_HINT,
        ) from error


def our_account() -> ServerAccount:
    """Return the account of this process, for a server that root may run as itself."""
    return ServerAccount(name=f"user id {os.geteuid()}", uid=os.geteuid(), gid=os.getegid())


def _account(entry: pwd.struct_passwd) -> ServerAccount:
    return ServerAccount(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)


def _find_system_account() -> ServerAccount | None:
    try:
        return _account(pwd.getpwnam(SYSTEM_ACCOUNT))
    except KeyError:
        return None


def _create_system_account() -> ServerAccount:
    useradd = shutil.which("useradd", path=_SYSTEM_FOLDERS)
    error_output = "there is no useradd"
    if useradd:
        options = ["--system", "--no-create-home", "--shell", "/usr/sbin/nologin"]
        command = [useradd, *options, SYSTEM_ACCOUNT]
        error_output = subprocess.run(command, check=False, capture_output=True, text=True).stderr.strip()
    # Another process may have created it since we looked, so look again.
    account = _find_system_account()
    if account is None:
        raise EmbeddedServerError(
            f"PostgreSQL cannot run as root, and its account {SYSTEM_ACCOUNT!r} could not be made: {error_output}.",
            hint=_HINT,
        )
    return account


def _require_usable(account: ServerAccount) -> ServerAccount:
    # In a container with a single user id, root cannot become another user.
    try:
        account.run(["/bin/sh", "-c", ":"])
    except OSError as error:
        raise EmbeddedServerError(
            f"PostgreSQL cannot run as root, and root cannot become {account.name!r} here: {error}.",
            hint=_HINT,
        ) from error
    return account
