"""Where the server's Unix socket lies: in the server's folder, or in /tmp if that path would be too long."""

import hashlib
import os
import stat
from contextlib import suppress
from pathlib import Path

from wingtel.embedded.account import ServerAccount
from wingtel.embedded.errors import EmbeddedServerError

PORT = 5432  # only part of the socket's name: the server does not listen on TCP
SOCKET = f".s.PGSQL.{PORT}"

# A socket's path has room for 107 bytes on Linux and 103 on macOS (sun_path in unix(7)).
_LONGEST_PATH = 100

# Not tempfile.gettempdir(): TMPDIR may differ between two processes that have to meet at one socket.
_SHORT = Path("/tmp")  # noqa: S108 - its name cannot be taken by others: see make_socket_folder


def socket_folder(folder: Path) -> Path:
    """The folder of the socket of the server in ``folder``: the same for every process of this user."""
    inside = folder / "socket"
    # libpq reads a comma in a host as the end of it.
    if len(os.fsencode(inside / SOCKET)) <= _LONGEST_PATH and "," not in str(inside):
        return inside
    key = hashlib.sha256(os.fsencode(folder) + b"\0" + str(os.geteuid()).encode()).hexdigest()[:16]
    return _SHORT / f"wingtel-{key}"


def make_socket_folder(sockets: Path, account: ServerAccount) -> None:
    """Make the folder for the server's account: mode 700, or 755 when root is the one to enter it.

    Raises EmbeddedServerError when one of that name belongs to somebody else: anybody can make it in /tmp,
    and would then pose as the server.
    """
    with suppress(FileExistsError):
        sockets.mkdir(mode=0o700)
    found = sockets.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (account.uid, os.geteuid()):
        raise EmbeddedServerError(
            f"{sockets}, the place of the server's socket, is not a folder of {account.name!r}.",
            mend="Remove it, or set WINGTEL_HOME to another, shorter path.",
        )
    if account.differs_from_ours:
        os.chown(sockets, account.uid, account.gid)
        sockets.chmod(0o755)
