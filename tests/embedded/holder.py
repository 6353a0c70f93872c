"""A process that uses the server in a folder until its input ends: python holder.py FOLDER [USER]."""

import os
import pwd
import sys
from pathlib import Path

import psycopg

from wingtel.embedded import EmbeddedPostgres

SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def become(user: str) -> None:
    """Switch to the user, only after the imports: it may not be able to read this Python."""
    entry = pwd.getpwnam(user)
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)


def main(folder: str, user: str) -> None:
    if user:
        become(user)
    programs = os.environ.get("HOLDER_PROGRAMS")
    with (
        EmbeddedPostgres(Path(folder), bin_dir=Path(programs) if programs else None, settings=SETTINGS) as server,
        psycopg.connect(server.url(), autocommit=True) as connection,
    ):
        connection.execute("SELECT 1")
        sys.stdout.write("holding\n")
        sys.stdout.flush()
        sys.stdin.read()


main(*sys.argv[1:])
