"""Folder watch: files that are complete are imported, and moved to `done` or `failed` within the folder.

Others may write to the folder. So no link is followed, a file is imported by the descriptor that it was opened with,
files are moved and written relative to descriptors of folders, and none takes the place of another.

All there is to remember is in the folder and in the imports themselves: a watch that was ended at any moment goes on
where it stood. A half imported file is resumed, an imported one found to be so, and then moved.
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
"""Endings of files that are still written, and renamed when they are done."""
MARKERS = (".done", ".ok")
"""Endings of the files beside others that say that these are complete."""
DONE, FAILED = "done", "failed"
MOST_ATTEMPTS = 2
"""Attempts at a file that ended the process, or raised what no file may raise, before anything was committed."""

_NOT_THE_FILE = (OperationalError, InterfaceError, ProgrammingError, KeyboardInterrupt, SystemExit)
"""A database that does not answer or is not migrated, and being told to end."""
_ATTEMPTS = ".wingtel"
_LONGEST_PROBLEM = 1000  # characters
_LONGEST_PART = 100  # bytes of stem and suffix where a name gets a number; file systems allow 255 for all
_NO_LINK = os.O_CLOEXEC | os.O_NOFOLLOW


class Import(Protocol):
    """Imports the file at a path, which is called `name` in what is kept of it."""

    def __call__(self, path: Path, *, name: str, on_progress: Progress) -> ImportSummary: ...


@dataclass(frozen=True)
class Arrival:
    """A file that was taken, and its place now: with its summary, or the problem that kept it from being imported."""

    file: Path
    moved_to: Path
    summary: ImportSummary | None = None
    problem: str = ""

    @property
    def name(self) -> str:
        """The name of the file, fit to be printed."""
        return _printable(self.file.name)


class _State(NamedTuple):
    """A file in its folder. One that is replaced, or written to, gets another state."""

    device: int
    inode: int
    size: int
    modified: int

    @classmethod
    def of(cls, found: os.stat_result) -> "_State":
        return cls(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


class _Folders(NamedTuple):
    """Descriptors of the watched folder and of those within it."""

    root: int
    done: int
    failed: int
    attempts: int


@dataclass
class FolderWatch:
    """Imports the files of `folder` with `import_file`, as `scan` finds them complete by the rule `completion`.

    Hidden files and those with an ending of UNFINISHED are left alone. Links to files are moved to `failed`.
    """

    folder: Path
    import_file: Import
    completion: Completion = QUIET
    clock: Callable[[], float] = time.monotonic
    _seen: dict[str, tuple[_State, float]] = field(default_factory=dict)

    @property
    def is_waiting(self) -> bool:
        """True when a file was there at the last scan that may still change."""
        return bool(self._seen)

    def scan(self) -> list[Arrival]:
        """Import and move what is complete, in the order of names; nothing while another process scans the folder.

        Raises SourceError when `done` or `failed` is a link, and OSError when the folder cannot be used. An error that
        is not the fault of the file is raised, and the file stays.
        """
        with advisory_lock(f"watch {self.folder.absolute()}", wait=False) as is_locked:
            if not is_locked:
                return []
            with _opened(self.folder) as folders:
                return list(self._scan(folders))

    def _scan(self, folders: _Folders) -> Iterator[Arrival]:
        found = _found(folders.root)
        for name in [name for name, entry in found.items() if stat.S_ISLNK(entry.st_mode)]:
            yield self._failed(folders, name, "is a link, and links are not followed")
        files = {name: _State.of(entry) for name, entry in found.items() if stat.S_ISREG(entry.st_mode)}
        complete = {
            Sign.RENAME: lambda: list(files),
            Sign.MARKER: lambda: _marked(folders, files),
            Sign.QUIET: lambda: self._quiet(files),
        }
        for name in complete[self.completion.sign]():
            if arrival := self._take(folders, name, files[name]):
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

    def _take(self, folders: _Folders, name: str, state: _State) -> Arrival | None:
        """Import a file and move it; None when it is no more what it was when the folder was listed."""
        try:
            file = os.open(name, os.O_RDONLY | os.O_NONBLOCK | _NO_LINK, dir_fd=folders.root)
        except PermissionError:
            return self._failed(folders, name, "cannot be opened: permission denied")
        except OSError as error:
            if error.errno in {errno.ENOENT, errno.ELOOP}:  # gone, or a link by now
                return None
            raise
        try:
            return self._import(folders, name, state, file) if _State.of(os.fstat(file)) == state else None
        finally:
            os.close(file)

    def _import(self, folders: _Folders, name: str, state: _State, file: int) -> Arrival:
        attempts = _Attempts(folders.attempts, f"{state.inode}-{state.modified}")
        path, called = _path_of(file, self.folder / name), _printable(str(self.folder / name))
        try:
            attempts.add()
            summary = self.import_file(path, name=called, on_progress=lambda *_: attempts.forget())
        except FeedError as error:
            public_problem = _without_cause(error).replace(str(path), _printable(name))
            problem = str(error).replace(str(path), called)
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
        """Move a file to `failed`, with what others may read of its problem in a file beside it."""
        moved_to = self._move(folders, name, FAILED, state=state)
        if moved_to.parent.name == FAILED:
            with suppress(OSError):  # a full disk, or a name that is too long: the problem is returned as well
                error_file, _ = _create(f"{moved_to.name}.error", folders.failed)
                with os.fdopen(error_file, "w", encoding="utf-8", errors="backslashreplace") as written:
                    written.write(f"{(public_problem or problem)[:_LONGEST_PROBLEM]}\n")
        return Arrival(self.folder / name, moved_to, problem=problem)

    def _move(self, folders: _Folders, name: str, where: str, *, state: _State | None) -> Path:
        """Move a file and its markers; leave one that is no more in `state`, since it is another to be taken."""
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
    """The attempts at a file that have committed nothing, as bytes of a file in `folder`.

    A process that is killed leaves its attempt behind.
    """

    folder: int
    name: str

    def add(self) -> None:
        """Note another one. Raises SourceError when there were MOST_ATTEMPTS."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | _NO_LINK
        with os.fdopen(os.open(self.name, flags, 0o600, dir_fd=self.folder), "ab") as noted:
            if os.fstat(noted.fileno()).st_size >= MOST_ATTEMPTS:
                raise SourceError(f"the import was ended {MOST_ATTEMPTS} times by this file, with nothing recorded")
            noted.write(b".")

    def forget(self) -> None:
        """Note that something was committed, or that the file is done with."""
        with suppress(FileNotFoundError):
            os.unlink(self.name, dir_fd=self.folder)


@contextmanager
def _opened(folder: Path) -> Iterator[_Folders]:
    """Open the folder and those within it, which are made where they are missing."""
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


def _found(root: int) -> dict[str, os.stat_result]:
    """List what may be ours, by name: not what is hidden or unfinished, and no links to folders."""
    found = {}
    for name in sorted(os.listdir(root)):
        if name.startswith(".") or name.lower().endswith(UNFINISHED):
            continue
        with suppress(FileNotFoundError):
            entry = os.stat(name, dir_fd=root, follow_symlinks=False)
            if not (stat.S_ISLNK(entry.st_mode) and _leads_to_folder(root, name)):
                found[name] = entry
    return found


def _leads_to_folder(root: int, link: str) -> bool:
    try:
        return stat.S_ISDIR(os.stat(link, dir_fd=root).st_mode)
    except OSError:
        return False


def _marked(folders: _Folders, files: dict[str, _State]) -> list[str]:
    """Return the files with a marker beside them. A marker whose file was moved by a scan that was ended follows it."""
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
    """Move a file to the folder `target`, by a number where its name is taken; return its name there."""
    placeholder, moved = _create(name, target)
    os.close(placeholder)
    try:
        os.rename(name, moved, src_dir_fd=root, dst_dir_fd=target)
    except OSError:
        os.unlink(moved, dir_fd=target)
        raise
    return moved


def _create(name: str, folder: int) -> tuple[int, str]:
    """Create an empty file, by a number where the name is taken; return its descriptor and its name."""
    whole, number = Path(name), 1
    while True:
        try:
            return os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINK, 0o666, dir_fd=folder), name
        except FileExistsError:
            number += 1
            stem, suffix = (os.fsdecode(os.fsencode(part)[:_LONGEST_PART]) for part in (whole.stem, whole.suffix))
            name = f"{stem}-{number}{suffix}"


def _path_of(file: int, path: Path) -> Path:
    """Return a path that stands for the open file whatever becomes of `path`, where the system has such paths."""
    pinned = Path(f"/proc/self/fd/{file}")
    return pinned if pinned.exists() else path


def _without_cause(error: FeedError) -> str:
    """Return the message without the words of a library, which may quote the file."""
    return str(error).replace(f": {error.__cause__}", "") if error.__cause__ else str(error)


def _printable(text: str) -> str:
    return text if text.isprintable() else repr(text)[1:-1]
