"""Scans of the folders of WINGTEL_WATCH_FOLDERS: each process remembers the files that it saw at the previous scan."""

from functools import partial

from django.conf import settings

from wingtel.config.watches import Watch
from wingtel.imports import profiles
from wingtel.imports.errors import FeedError
from wingtel.imports.folder_watch import Arrival, FolderWatch
from wingtel.imports.service import ImportOptions, check_import, import_feed

_folder_watches: dict[tuple[Watch, str], FolderWatch] = {}


def scan(name: str) -> list[Arrival]:
    """Import the complete files in the folder of the watch called `name`.

    Nothing is imported while another process does so. Unknown subscriptions are created if
    WINGTEL_WATCH_CREATES_SUBSCRIPTIONS says so. Raises FeedError for a name or a profile that cannot be used, OSError
    for a folder that cannot be read.
    """
    watches: dict[str, Watch] = {watch.name: watch for watch in settings.WINGTEL_WATCH_FOLDERS}
    if name not in watches:
        raise FeedError(
            f"no watch is called {name!r}; those of WINGTEL_WATCH_FOLDERS are {', '.join(watches) or 'none'}"
        )
    watch = watches[name]
    profile = profiles.find(watch.feed)
    options = ImportOptions(create_subscriptions=settings.WINGTEL_WATCH_CREATES_SUBSCRIPTIONS)
    check_import(profile, options)
    import_file = partial(import_feed, profile=profile, options=options)
    folder_watch = _folder_watches.setdefault(
        (watch, profile.digest), FolderWatch(watch.folder, import_file, watch.completion)
    )
    return folder_watch.scan()
