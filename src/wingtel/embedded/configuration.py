"""Configuration files of the server: wingtel.conf, pg_hba.conf and pg_ident.conf.

The settings are for a database that loads and counts much and has no replicas. Nothing here depends on the version:
PostgreSQL 15 to 18 take all of it.
"""

import os
import pwd
from collections.abc import Mapping
from pathlib import Path

from wingtel.embedded.account import ServerAccount
from wingtel.embedded.folders import PORT

ROLE = "wingtel"

_MEGABYTE = 1024 * 1024

_SETTINGS = {
    "port": str(PORT),
    "listen_addresses": "",
    "unix_socket_permissions": "0777",  # pg_hba.conf admits accounts by their name
    "max_connections": "100",
    "work_mem": "32MB",
    "temp_buffers": "64MB",  # for the keys of a large part of a feed, which are compared with the stored ones
    "maintenance_work_mem": "256MB",
    # Parallel queries share memory through /dev/shm, of which a container has 64 MB: reserve it elsewhere.
    "min_dynamic_shared_memory": "256MB",
    # A killed process keeps its locks no longer than this, even while its statement waits.
    "client_connection_check_interval": "2s",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}

# The role is a superuser, and the operating system vouches for the account at the other end of the socket.
PG_HBA = f"local all all peer map={ROLE}\n"


def wingtel_conf(sockets: Path, settings: Mapping[str, str]) -> str:
    """Return the text of wingtel.conf; ``settings`` override the defaults."""
    chosen = {
        # It is a list of folders: the double quotes keep a folder with a space in it whole.
        "unix_socket_directories": '"{}"'.format(str(sockets).replace('"', '""')),
        "shared_buffers": f"{_shared_buffers()}MB",
        **_SETTINGS,
        **settings,
    }
    lines = [f"{name} = '{_escaped(value)}'\n" for name, value in chosen.items()]
    return "".join(["# Rewritten by Wingtel whenever it starts the server.\n", *lines])


def pg_ident(account: ServerAccount) -> str:
    """Return the text of pg_ident.conf: the server's account may connect as the role, and root if root starts it."""
    names = {account.name, pwd.getpwuid(0).pw_name} if account.differs_from_ours else {account.name}
    return "".join(f'{ROLE} "{name}" {ROLE}\n' for name in sorted(names))


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "''")


def _shared_buffers() -> int:
    """Return megabytes: an eighth of the memory, between 128 and 1024."""
    return min(max(_memory() // 8 // _MEGABYTE, 128), 1024)


def _memory() -> int:
    """Return the bytes of memory of this machine, or of this container if it has a limit."""
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii").strip()
    except OSError:
        return machine
    return min(machine, int(limit)) if limit.isdigit() else machine
