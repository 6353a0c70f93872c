"""Files that are either complete or missing."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """Yield a new file beside `path`, which replaces `path` when the `with` block ends.

    If the block fails, the new file is deleted. Raises OSError when it cannot be written.
    """
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    with unfinished.open("xb") as file:
        try:
            yield file
            file.flush()
            os.fsync(file.fileno())
            unfinished.replace(path)
        except BaseException:
            unfinished.unlink()
            raise
