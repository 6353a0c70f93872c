"""The folders that a worker watches: what each looked like at the last scan is remembered by the process."""

from pathlib import Path

from django.conf import settings

from wingtel.imports.profiles import Profile
from wingtel.imports.service import ImportOptions, check_import, import_feed
from wingtel.imports.watching import Arrival, FolderWatch
from wingtel.usage.alone import alone

_watches: dict[tuple[Path, str], FolderWatch] = {}


def scan(folder: Path, profile: Profile) -> list[Arrival]:
    """Import what has arrived in a folder since this process scanned it before; nothing while another one does.

    Unknown subscriptions are created where WINGTEL_WATCH_CREATES_SUBSCRIPTIONS says so.
    Raises FeedError for a profile that cannot be used, OSError for a folder that cannot be read.
    """
    options = ImportOptions(create_subscriptions=settings.WINGTEL_WATCH_CREATES_SUBSCRIPTIONS)
    check_import(profile, options)
    watch = _watches.get((folder, profile.digest))
    if watch is None:
        watch = FolderWatch(folder, lambda path: import_feed(path, profile, options))
        _watches[folder, profile.digest] = watch
    with alone(f"watch {folder}", wait=False) as is_alone:
        return watch.scan() if is_alone else []
