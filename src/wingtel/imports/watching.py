"""Watching a folder: what arrives complete is imported and moved to `done` or `failed` beside it.

All there is to remember is in the folder and in the imports themselves, so that a watch that was ended at any moment
goes on where it stood: a half imported file is resumed, an imported one found to be so, and then moved.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from .errors import FeedError
from .service import ImportSummary

UNFINISHED = (".part", ".partial", ".tmp", ".temp", ".filepart", ".crdownload", ".swp")
"""Endings of files that somebody still writes, and renames when done."""

Import = Callable[[Path], ImportSummary]


@dataclass(frozen=True)
class Arrival:
    """What became of a file: its summary, or the error that kept it from being imported; and where it is now."""

    file: Path
    moved_to: Path
    summary: ImportSummary | None = None
    error: FeedError | None = None


@dataclass
class FolderWatch:
    """Imports files of `folder` with `import_file`, as `scan` finds them.

    A file has arrived when its size and time of change are as they were at the scan before. Hidden ones and those with
    an ending of UNFINISHED are left alone.
    """

    folder: Path
    import_file: Import
    _seen: dict[Path, tuple[int, int]] = field(default_factory=dict)

    def scan(self) -> list[Arrival]:
        """Import and move what has arrived since the scan before, in the order of names.

        What the database does not take is not the file's fault: such an error is raised, and the file stays.
        """
        now = {path: _size_and_change(path) for path in sorted(self.folder.iterdir()) if _may_be_ours(path)}
        arrived = [path for path, state in now.items() if self._seen.get(path) == state]
        self._seen = {path: state for path, state in now.items() if path not in arrived}
        arrivals = []
        for place, path in enumerate(arrived):
            try:
                arrivals.append(self._take(path))
            except BaseException:
                self._seen |= {left: now[left] for left in arrived[place:]}
                raise
        return arrivals

    @property
    def is_waiting(self) -> bool:
        """Whether a file was there at the last scan that may not have arrived yet."""
        return bool(self._seen)

    def _take(self, path: Path) -> Arrival:
        try:
            summary = self.import_file(path)
        except FeedError as error:
            moved_to = self._move(path, "failed")
            moved_to.with_name(f"{moved_to.name}.error").write_text(f"{error}\n")
            return Arrival(path, moved_to, error=error)
        return Arrival(path, self._move(path, "done"), summary=summary)

    def _move(self, path: Path, where: str) -> Path:
        folder = self.folder / where
        folder.mkdir(exist_ok=True)
        target, number = folder / path.name, 1
        while target.exists():
            number += 1
            target = folder / f"{path.stem}-{number}{path.suffix}"
        return path.rename(target)


def _may_be_ours(path: Path) -> bool:
    return path.is_file() and not path.name.startswith(".") and path.suffix.lower() not in UNFINISHED


def _size_and_change(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns
