"""Folders of the embedded servers: created where they are missing, never altered where they exist.

Only folders created here get a mode and an owner. A folder that another user made may be closed on purpose. If the
server's account cannot enter it, that is an error with the folder's name in it. A Unix socket lies in the server's
folder, or in /tmp if that path would be too long.
"""

import hashlib
import os
import shutil
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

import platformdirs

from wingtel.config.environment import load
from wingtel.embedded.account import EmbeddedServerError, ServerAccount

CHOOSE_ANOTHER = "Set WINGTEL_HOME to another folder, or set DATABASE_URL to a PostgreSQL of your own."


def make_folder(folder: Path) -> None:
    """Create the folder and its missing parents.

    They are open to all when root creates them (another account runs the server), else closed to others.

    Raises EmbeddedServerError when the folder cannot be created.
    """
    mode = 0o755 if os.geteuid() == 0 else 0o700
    try:
        missing = [path for path in (folder, *folder.parents) if not path.exists()]
        for path in reversed(missing):
            path.mkdir(exist_ok=True)
            path.chmod(mode)  # mkdir's own mode is subject to the umask, which may be 077 for root
    except OSError as error:
        raise EmbeddedServerError(f"Cannot make the folder {folder}: {error}.", hint=CHOOSE_ANOTHER) from error
    if not folder.is_dir():
        raise EmbeddedServerError(f"{folder} is not a folder.", hint=CHOOSE_ANOTHER)


def make_server_folder(parent: Path, name: str, account: ServerAccount) -> Path:
    """Create a new folder that the server's account owns, closed to others; its name begins with ``name``."""
    folder = Path(tempfile.mkdtemp(prefix=f"{name}.", dir=parent))
    if account.differs_from_ours:
        os.chown(folder, account.uid, account.gid)
    return folder


def remove_leftovers(parent: Path, name: str) -> None:
    """Remove the folders that killed starts left behind, unless a process still works in them."""
    for folder in parent.glob(f"{name}*"):
        shutil.rmtree(folder, ignore_errors=True)


def require_ours(folder: Path) -> None:
    """Raise EmbeddedServerError unless the folder belongs to the user of this process. Root may use any."""
    owner = folder.stat().st_uid
    if os.geteuid() not in (0, owner):
        raise EmbeddedServerError(
            f"The folder {folder} belongs to user id {owner}, and this process runs as {os.geteuid()}.",
            hint=f"Run as its owner. {CHOOSE_ANOTHER}",
        )


def require_open(folder: Path, account: ServerAccount) -> None:
    """Raise EmbeddedServerError, naming the closed folder, when the server's account cannot reach the folder.

    It looks at the parents that exist, so it can be called before the folder is created.
    """
    if not account.differs_from_ours:
        return
    existing = [path for path in (folder, *folder.parents) if path.exists()]
    if account.can_enter(existing[0]):
        return
    closed = next((path for path in reversed(existing) if not account.can_enter(path)), existing[0])
    raise EmbeddedServerError(
        f"PostgreSQL cannot run as root, so it runs as the account {account.name!r}, "
        f"which cannot reach {folder}: {closed} is closed to it.",
        hint=CHOOSE_ANOTHER,
    )


def wingtel_home() -> Path:
    """Return WINGTEL_HOME; else /var/lib/wingtel as root; else the user's data folder. Create it if it is missing.

    Raises EmbeddedServerError when it cannot be created.
    """
    home = _chosen()
    make_folder(home)
    return home


def _chosen() -> Path:
    if chosen := load().home:
        return chosen
    if os.geteuid() == 0:
        return Path("/var/lib/wingtel")
    return platformdirs.user_data_path("wingtel")


PORT = 5432  # part of the socket's name only: the server does not listen on TCP
SOCKET = f".s.PGSQL.{PORT}"

# A socket's path has room for 107 bytes on Linux and 103 on macOS (sun_path in unix(7)).
_MAX_PATH_BYTES = 100

# Not tempfile.gettempdir(): TMPDIR may differ between two processes that have to meet at one socket.
_SHORT_FOLDER = Path("/tmp")  # noqa: S108 - a folder of another user is rejected: see make_socket_folder


def socket_folder(folder: Path) -> Path:
    """Return the folder of the socket of the server in ``folder``: the same in every process of this user."""
    inside = folder / "socket"
    # libpq reads a comma in a host as the end of it.
    if len(os.fsencode(inside / SOCKET)) <= _MAX_PATH_BYTES and "," not in str(inside):
        return inside
    key = hashlib.sha256(os.fsencode(folder) + b"\0" + str(os.geteuid()).encode()).hexdigest()[:16]
    return _SHORT_FOLDER / f"wingtel-{key}"


def make_socket_folder(sockets: Path, account: ServerAccount) -> None:
    """Make the folder for the server's account: mode 700, or 755 when root makes it for another account.

    Raises EmbeddedServerError when a folder of that name belongs to another user: anyone can make it in /tmp, and would
    then pose as the server.
    """
    with suppress(FileExistsError):
        sockets.mkdir(mode=0o700)
    status = sockets.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid not in (account.uid, os.geteuid()):
        raise EmbeddedServerError(
            f"{sockets}, the place of the server's socket, is not a folder of {account.name!r}.",
            hint="Remove it, or set WINGTEL_HOME to another, shorter path.",
        )
    if account.differs_from_ours:
        os.chown(sockets, account.uid, account.gid)
        sockets.chmod(0o755)
