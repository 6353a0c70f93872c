"""Folders of the embedded server: created where they are missing, never altered where they exist.

Only folders created here get a mode and an owner. A folder that another user made may be closed on purpose. If the
server's account cannot enter it, that is an error with the folder's name in it.
"""

import os
import shutil
import tempfile
from pathlib import Path

from wingtel.embedded.account import ServerAccount
from wingtel.embedded.errors import EmbeddedServerError

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
