"""The folder of the server's Unix socket: in the server's folder, or in /tmp if that path would be too long."""

import hashlib
import os
import stat
from contextlib import suppress
from pathlib import Path

from wingtel.embedded.account import ServerAccount
from wingtel.embedded.errors import EmbeddedServerError

PORT = 5432  # part of the socket's name only: the server does not listen on TCP
SOCKET = f".s.PGSQL.{PORT}"

# A socket's path has room for 107 bytes on Linux and 103 on macOS (sun_path in unix(7)).
_MAX_PATH_BYTES = 100

# Not tempfile.gettempdir(): TMPDIR may differ between two processes that have to meet at one socket.
_SHORT_FOLDER = Path("/tmp")  # noqa: S108 - a folder of another user is refused: see make_socket_folder


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
