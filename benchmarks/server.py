"""A durable embedded server for the benchmarks, in a folder of its own, migrated, and removed at the end."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wingtel.embedded import EmbeddedPostgres


@contextmanager
def benchmark_server() -> Iterator[None]:
    """Start the server (fsync on, the product's own settings), and set Django up on it.

    With DATABASE_URL, use that server.
    """
    if "DATABASE_URL" in os.environ:
        _set_up()
        yield
        return
    folder = Path(tempfile.mkdtemp(prefix="wingtel-benchmarks-", dir="/var/tmp"))
    folder.chmod(0o755)
    try:
        with EmbeddedPostgres(folder / "postgresql") as server:
            os.environ["DATABASE_URL"] = server.url()
            _set_up()
            yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _set_up() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "wingtel.settings"
    # The days of the benchmarks are fixed, and must not expire.
    os.environ |= {"WINGTEL_RETENTION_DAYS": "36500", "WINGTEL_MAX_LATENESS_DAYS": "36500"}
    import django  # noqa: PLC0415 - settings read DATABASE_URL

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415 - needs Django set up

    call_command("migrate", interactive=False, verbosity=0)
