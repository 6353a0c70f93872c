"""Folder watch: complete files are imported, and moved to `done` or `failed` within the folder.

Other users may write to the folder. So no link is followed, and a file is imported by the descriptor that it was opened
with. Files are moved and written relative to descriptors of folders, and none replaces another.

The state is in the folder and in the imports themselves, so a watch can be ended at any time and goes on later. A file
that was half imported is resumed; one that was imported already is recognized, and moved.
"""

import errno
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol

from django.db import InterfaceError, OperationalError, ProgrammingError

from wingtel.config.watches import QUIET, Completion, Sign
from wingtel.db.locks import advisory_lock

from .errors import FeedError, SourceError
from .service import ImportSummary, Progress

UNFINISHED = (".part", ".partial", ".tmp", ".temp", ".filepart", ".crdownload", ".swp")
"""Endings of files that are still written, and renamed when they are complete."""
MARKERS = (".done", ".ok")
"""Endings of marker files: the file beside, of the same name without the ending, is complete."""
DONE, FAILED = "done", "failed"
MOST_ATTEMPTS = 2
"""Most attempts at a file that end the process, or raise an unexpected error, before anything is committed."""

_NOT_THE_FILE = (OperationalError, InterfaceError, ProgrammingError, KeyboardInterrupt, SystemExit)
"""Errors that are no fault of a file: the database does not answer or is not migrated, or the process has to end."""
_ATTEMPTS = ".wingtel"
_LONGEST_PROBLEM = 1000  # characters
_LONGEST_PART = 100  # bytes of stem and of suffix where a name gets a number; file systems allow 255 in all
_NO_LINK = os.O_CLOEXEC | os.O_NOFOLLOW


class Import(Protocol):
    """A function that imports the file at a path, and stores it under the name `name`."""

    def __call__(self, path: Path, *, name: str, on_progress: Progress) -> ImportSummary: ...


@dataclass(frozen=True)
class Arrival:
    """A file that was imported or has failed, its new path, and its summary or its problem."""

    file: Path
    moved_to: Path
    summary: ImportSummary | None = None
    problem: str = ""

    @property
    def name(self) -> str:
        """Name of the file, fit to be printed."""
        return _printable(self.file.name)


class _State(NamedTuple):
    """State of a file in its folder. A file that is replaced, or written to, gets another state."""

    device: int
    inode: int
    size: int
    modified: int

    @classmethod
    def of(cls, entry: os.stat_result) -> "_State":
        return cls(entry.st_dev, entry.st_ino, entry.st_size, entry.st_mtime_ns)


class _Folders(NamedTuple):
    """Descriptors of the watched folder and of the folders within it."""

    root: int
    done: int
    failed: int
    attempts: int


@dataclass
class FolderWatch:
    """A watch that imports the files of `folder` with `import_file`, once they are complete by the rule `completion`.

    Hidden files and those with an ending of UNFINISHED are ignored. Links to files are moved to `failed`.
    """

    folder: Path
    import_file: Import
    completion: Completion = QUIET
    clock: Callable[[], float] = time.monotonic
    _seen: dict[str, tuple[_State, float]] = field(default_factory=dict)

    @property
    def is_waiting(self) -> bool:
        """True if the last scan found a file that may still change."""
        return bool(self._seen)

    def scan(self) -> list[Arrival]:
        """Import and move the complete files, in the order of their names.

        While another process scans the folder, do nothing. Raises SourceError when `done` or `failed` is a link, and
        OSError when the folder cannot be used. An error that is not the fault of the file is raised, and the file
        stays.
        """
        with advisory_lock(f"watch {self.folder.absolute()}", wait=False) as is_locked:
            if not is_locked:
                return []
            with _opened(self.folder) as folders:
                return list(self._scan(folders))

    def _scan(self, folders: _Folders) -> Iterator[Arrival]:
        entries = _entries(folders.root)
        for name in [name for name, entry in entries.items() if stat.S_ISLNK(entry.st_mode)]:
            yield self._failed(folders, name, "is a link, and links are not followed")
        files = {name: _State.of(entry) for name, entry in entries.items() if stat.S_ISREG(entry.st_mode)}
        complete = {
            Sign.RENAME: lambda: list(files),
            Sign.MARKER: lambda: _marked(folders, files),
            Sign.QUIET: lambda: self._quiet(files),
        }
        for name in complete[self.completion.sign]():
            if arrival := self._import_unchanged(folders, name, files[name]):
                self._seen.pop(name, None)
                yield arrival

    def _quiet(self, files: dict[str, _State]) -> list[str]:
        now, before, quiet = self.clock(), self._seen, []
        self._seen = {}
        for name, state in files.items():
            last, since = before.get(name, (None, now))
            self._seen[name] = (state, since if state == last else now)
            if state == last and now - since >= self.completion.seconds:
                quiet.append(name)
        return quiet

    def _import_unchanged(self, folders: _Folders, name: str, state: _State) -> Arrival | None:
        """Import a file and move it. Return None when it has changed since the folder was listed."""
        try:
            file = os.open(name, os.O_RDONLY | os.O_NONBLOCK | _NO_LINK, dir_fd=folders.root)
        except PermissionError:
            return self._failed(folders, name, "cannot be opened: permission denied")
        except OSError as error:
            if error.errno in {errno.ENOENT, errno.ELOOP}:  # removed, or replaced by a link
                return None
            raise
        try:
            return self._import(folders, name, state, file) if _State.of(os.fstat(file)) == state else None
        finally:
            os.close(file)

    def _import(self, folders: _Folders, name: str, state: _State, file: int) -> Arrival:
        attempts = _Attempts(folders.attempts, f"{state.inode}-{state.modified}")
        path, shown = _path_of(file, self.folder / name), _printable(str(self.folder / name))
        try:
            attempts.add()
            summary = self.import_file(path, name=shown, on_progress=lambda *_: attempts.forget())
        except FeedError as error:
            public_problem = _without_cause(error).replace(str(path), _printable(name))
            problem = str(error).replace(str(path), shown)
            arrival = self._failed(folders, name, problem, public_problem, state=state)
        except _NOT_THE_FILE:
            attempts.forget()
            raise
        else:
            arrival = Arrival(self.folder / name, self._move(folders, name, DONE, state=state), summary=summary)
        attempts.forget()
        return arrival

    def _failed(
        self, folders: _Folders, name: str, problem: str, public_problem: str = "", *, state: _State | None = None
    ) -> Arrival:
        """Move a file to `failed`. Write what others may read of its problem to a file beside it."""
        moved_to = self._move(folders, name, FAILED, state=state)
        if moved_to.parent.name == FAILED:
            with suppress(OSError):  # a full disk or a name that is too long; the problem is returned as well
                error_file, _ = _create(f"{moved_to.name}.error", folders.failed)
                with os.fdopen(error_file, "w", encoding="utf-8", errors="backslashreplace") as error_text:
                    error_text.write(f"{(public_problem or problem)[:_LONGEST_PROBLEM]}\n")
        return Arrival(self.folder / name, moved_to, problem=problem)

    def _move(self, folders: _Folders, name: str, where: str, *, state: _State | None) -> Path:
        """Move a file and its markers. A file that is not in `state` any more stays, to be imported as another."""
        if state and _state(folders.root, name) != state:
            return self.folder / name
        target = folders.done if where == DONE else folders.failed
        moved = _move(folders.root, name, target)
        if self.completion.sign is Sign.MARKER:
            for marker in MARKERS:
                with suppress(FileNotFoundError):
                    _move(folders.root, name + marker, target)
        return self.folder / where / moved


@dataclass(frozen=True)
class _Attempts:
    """Attempts at a file that have committed nothing, as bytes of a file in `folder`.

    The attempt of a process that is killed stays there.
    """

    folder: int
    name: str

    def add(self) -> None:
        """Add an attempt. Raises SourceError when there were MOST_ATTEMPTS before."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | _NO_LINK
        with os.fdopen(os.open(self.name, flags, 0o600, dir_fd=self.folder), "ab") as attempts:
            if os.fstat(attempts.fileno()).st_size >= MOST_ATTEMPTS:
                raise SourceError(f"the import was ended {MOST_ATTEMPTS} times by this file, with nothing recorded")
            attempts.write(b".")

    def forget(self) -> None:
        """Delete the attempts, once something is committed or the file is moved."""
        with suppress(FileNotFoundError):
            os.unlink(self.name, dir_fd=self.folder)


@contextmanager
def _opened(folder: Path) -> Iterator[_Folders]:
    """Open the folder and the folders within it. Create those that are missing."""
    with ExitStack() as stack:

        def opened(path: Path | str, flags: int, within: int | None = None) -> int:
            descriptor = os.open(path, flags | os.O_DIRECTORY, dir_fd=within)
            stack.callback(os.close, descriptor)
            return descriptor

        def inner(name: str, mode: int = 0o777) -> int:
            with suppress(FileExistsError):
                os.mkdir(name, mode, dir_fd=root)
            try:
                return opened(name, os.O_RDONLY | _NO_LINK, root)
            except OSError as error:
                if error.errno not in {errno.ENOTDIR, errno.ELOOP}:
                    raise
                raise SourceError(f"{folder / name} is a link or no folder: nothing is moved there") from error

        root = opened(folder, os.O_RDONLY | os.O_CLOEXEC)
        yield _Folders(root, inner(DONE), inner(FAILED), inner(_ATTEMPTS, 0o700))


def _entries(root: int) -> dict[str, os.stat_result]:
    """Return the files of the folder by name, without hidden and unfinished ones and without links to folders."""
    entries = {}
    for name in sorted(os.listdir(root)):
        if name.startswith(".") or name.lower().endswith(UNFINISHED):
            continue
        with suppress(FileNotFoundError):
            entry = os.stat(name, dir_fd=root, follow_symlinks=False)
            if not (stat.S_ISLNK(entry.st_mode) and _leads_to_folder(root, name)):
                entries[name] = entry
    return entries


def _leads_to_folder(root: int, link: str) -> bool:
    try:
        return stat.S_ISDIR(os.stat(link, dir_fd=root).st_mode)
    except OSError:
        return False


def _marked(folders: _Folders, files: dict[str, _State]) -> list[str]:
    """Return the files with a marker beside them.

    A scan that was ended may have moved a file without its marker. Such a marker is moved now.
    """
    for marker in (name for name in files if name.endswith(MARKERS)):
        file = Path(marker).stem
        moved_to = [where for where in (folders.done, folders.failed) if _state(where, file)]
        if moved_to and not _state(folders.root, file):
            _move(folders.root, marker, moved_to[0])
    return [name for name in files if not name.endswith(MARKERS) and any(name + end in files for end in MARKERS)]


def _state(root: int, name: str) -> _State | None:
    try:
        return _State.of(os.stat(name, dir_fd=root, follow_symlinks=False))
    except FileNotFoundError:
        return None


def _move(root: int, name: str, target: int) -> str:
    """Move a file to the folder `target`. Return its name there, which has a number if the name was in use."""
    placeholder, moved = _create(name, target)
    os.close(placeholder)
    try:
        os.rename(name, moved, src_dir_fd=root, dst_dir_fd=target)
    except OSError:
        os.unlink(moved, dir_fd=target)
        raise
    return moved


def _create(name: str, folder: int) -> tuple[int, str]:
    """Create an empty file, with a number in its name if the name is in use. Return its descriptor and its name."""
    whole, number = Path(name), 1
    while True:
        try:
            return os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINK, 0o666, dir_fd=folder), name
        except FileExistsError:
            number += 1
            stem, suffix = (os.fsdecode(os.fsencode(part)[:_LONGEST_PART]) for part in (whole.stem, whole.suffix))
            name = f"{stem}-{number}{suffix}"


def _path_of(file: int, path: Path) -> Path:
    """Return a path of the open file that stays valid whatever happens to `path`, where the system has such paths."""
    pinned = Path(f"/proc/self/fd/{file}")
    return pinned if pinned.exists() else path


def _without_cause(error: FeedError) -> str:
    """Return the message without the words of a library, since they may quote the file."""
    return str(error).replace(f": {error.__cause__}", "") if error.__cause__ else str(error)


def _printable(text: str) -> str:
    return text if text.isprintable() else repr(text)[1:-1]
