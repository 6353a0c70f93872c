"""Sources of feeds: files, globs, folders and standard input. Content is decompressed, and UTF-16 becomes UTF-8."""

import codecs
import glob
import hashlib
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from .decompression import decompressed
from .errors import SourceError
from .file_formats import FIRST_BYTES, binary_format, utf16_of
from .streams import READ_BYTES, pieces_of, stream_of

STANDARD_INPUT = "-"
_READABLE = (
    "read are delimited text, NDJSON and JSON arrays, plain or compressed once (gzip, zstd, bzip2, xz, ZIP), and"
    ' Parquet (layout.format = "parquet")'
)


def find_files(names: Sequence[str]) -> list[Path]:
    """Return the files of paths, globs and folders, each once.

    Of a folder, these are the files directly in it, by name and without hidden ones. Raises SourceError for a name
    without files.
    """
    paths: dict[Path, None] = {}
    for name in names:
        path = Path(name)
        if path.is_dir():
            files = sorted(file for file in path.iterdir() if file.is_file() and not file.name.startswith("."))
        elif path.exists():
            files = [path]
        else:
            matching = glob.glob(name, recursive=True)  # noqa: PTH207 - a pattern may be absolute
            files = sorted(file for file in map(Path, matching) if file.is_file())
        if not files:
            raise SourceError(f"{name}: there is no such file")
        paths |= dict.fromkeys(files)
    return list(paths)


@contextmanager
def standard_input() -> Iterator[Path]:
    """Yield standard input as a temporary file: an import hashes all of it before it begins."""
    signal.siginterrupt(signal.SIGINT, True)  # else Polars's handler restarts the read, and Ctrl-C has no effect
    with tempfile.NamedTemporaryFile(prefix="wingtel-import-") as spool:
        shutil.copyfileobj(sys.stdin.buffer, spool, READ_BYTES)
        spool.flush()
        yield Path(spool.name)


def content_hash(path: Path) -> str:
    """Return the SHA-256 of the file, compressed as it may be, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def opened(path: Path, encoding: str = "utf-8") -> Iterator[tuple[BinaryIO, BinaryIO]]:
    """Open a file, and yield its content and the file itself, whose position is how far it is read.

    The content is decompressed by its first bytes, and UTF-16 with a byte order mark becomes UTF-8. Raises SourceError
    for UTF-16 where another `encoding` than UTF-8 is expected, and for a file without text, with the name of its
    format. Opening and reading raise it for compressed data that is truncated, damaged or too large.
    """
    with path.open("rb") as file:
        yield _content(path, file, encoding), file


def _content(path: Path, file: BinaryIO, encoding: str) -> BinaryIO:
    start = file.read(FIRST_BYTES)
    file.seek(0)
    stream = file
    if pieces := decompressed(path, file, start):
        content = stream_of(pieces)
        start = content.read(FIRST_BYTES)
        stream = stream_of(pieces_of(content, start))
    if form := binary_format(start):
        raise SourceError(f"{path}: the file holds {form}; {_READABLE}")
    if utf16 := utf16_of(start):
        if encoding != "utf-8":
            raise SourceError(
                f'{path}: the text is UTF-16, and the profile says layout.encoding = "{encoding}"; say "utf-8"'
            )
        return stream_of(_as_utf8(stream, utf16))
    return stream


def _as_utf8(stream: BinaryIO, encoding: str) -> Iterator[bytes]:
    """Yield UTF-16 as UTF-8. Lone surrogates and half a character at the end become bytes that are not UTF-8."""
    decoder = codecs.getincrementaldecoder(encoding)("surrogatepass")
    for piece in pieces_of(stream):
        yield decoder.decode(piece).encode("utf-8", "surrogatepass")
    if decoder.getstate()[0]:
        yield b"\xff"
