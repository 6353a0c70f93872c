"""The folders that a worker watches: what each looked like at the last scan is remembered by the process."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection

from wingtel import sql
from wingtel.feeds.importing import ImportOptions, check_import, import_feed
from wingtel.feeds.profiles import Profile
from wingtel.feeds.watching import Arrival, FolderWatch

_SQL = sql.statements(__package__, "sql/watching.sql")

_watches: dict[tuple[Path, str], FolderWatch] = {}


def creates_subscriptions() -> bool:
    """Whether unknown subscriptions of watched files are created: WINGTEL_WATCH_CREATES_SUBSCRIPTIONS."""
    return bool(settings.WINGTEL_WATCH_CREATES_SUBSCRIPTIONS)


def scan(folder: Path, profile: Profile, options: ImportOptions) -> list[Arrival]:
    """Import what has arrived in a folder since this process scanned it before; nothing while another one does.

    Raises FeedError for a profile that cannot be used, OSError for a folder that cannot be read.
    """
    check_import(profile, options)
    watch = _watches.get((folder, profile.digest))
    if watch is None:
        watch = FolderWatch(folder, lambda path: import_feed(path, profile, options))
        _watches[folder, profile.digest] = watch
    with _alone(folder) as is_alone:
        return watch.scan() if is_alone else []


@contextmanager
def _alone(folder: Path) -> Iterator[bool]:
    with connection.cursor() as cursor:
        cursor.execute(_SQL["try_alone"], {"folder": str(folder)})
        (is_alone,) = cursor.fetchone()
    try:
        yield is_alone
    finally:
        if is_alone and connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute(_SQL["let_others"], {"folder": str(folder)})
