"""Complete results as files over HTTP.

An export is written to a temporary file before its first byte is sent:

- It is sent with its length, so a client notices that it was cut off.
- A failure while it is made is answered as an error.
- A client that reads slowly holds no database connection.

See docs/decisions/0026.
"""

import tempfile
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from http import HTTPStatus
from typing import IO

import psycopg
from django.conf import settings
from django.db import OperationalError, connection
from django.http import HttpResponseBase, StreamingHttpResponse
from rest_framework.exceptions import APIException

from wingtel.aggregates.serialization import timestamp
from wingtel.exports import writer
from wingtel.exports.definitions import Export
from wingtel.exports.formats import Format

CHUNK_BYTES = 256 << 10

_slots = threading.BoundedSemaphore(settings.WINGTEL_MAX_CONCURRENT_EXPORTS)


class ExportsBusy(APIException):
    """An export requested while this process makes and sends WINGTEL_MAX_CONCURRENT_EXPORTS others."""

    status_code = HTTPStatus.SERVICE_UNAVAILABLE
    slug = "exports-busy"
    wait = 5
    """Seconds until the client should try again."""
    default_detail = (
        "As many exports as this server makes and sends at once (WINGTEL_MAX_CONCURRENT_EXPORTS) are under way. Try "
        "again in a few seconds."
    )


class ExportTooLong(APIException):
    """An export on which the database worked longer than WINGTEL_EXPORT_SECONDS."""

    status_code = HTTPStatus.SERVICE_UNAVAILABLE
    slug = "export-too-long"
    default_detail = (
        "The database stopped this export at its time limit (WINGTEL_EXPORT_SECONDS). Request less, or write it with "
        "`wingtel exceeding`, `wingtel metrics` or `wingtel records`, which have no such limit."
    )


class MadeExport:
    """A finished export in a temporary file, which is deleted when it is closed."""

    def __init__(self, export: AbstractContextManager[Export], form: Format) -> None:
        """Make the export. Raises ExportsBusy, ExportTooLong, and OperationalError if the database fails."""
        if not _slots.acquire(blocking=False):
            raise ExportsBusy
        with ExitStack() as resources:
            resources.callback(_slots.release)
            self._file = resources.enter_context(tempfile.TemporaryFile())
            self._headers = _make(export, form, self._file)
            self._resources = resources.pop_all()

    def response(self) -> HttpResponseBase:
        """Return the response. Closing it closes the export."""
        return StreamingHttpResponse(self, headers=self._headers)

    def __iter__(self) -> Iterator[bytes]:
        self._file.seek(0)
        while chunk := self._file.read(CHUNK_BYTES):
            yield chunk

    def close(self) -> None:
        """Delete the file and release the slot to another export."""
        self._resources.close()


def _make(opened: AbstractContextManager[Export], form: Format, file: IO[bytes]) -> dict[str, str]:
    """Write the export and give the connection back to the pool. Return the headers of the response."""
    try:
        with opened as export:
            writer.write(export, form, file)
    except OperationalError as error:
        if isinstance(error.__cause__, psycopg.errors.QueryCanceled):
            raise ExportTooLong from error
        raise
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()
    headers = {
        "Content-Type": form.media_type,
        "Content-Length": str(file.tell()),
        "Content-Disposition": f'attachment; filename="{export.name}.{form}"',
        "Wingtel-As-Of": timestamp(export.as_of),
    }
    return headers | ({"Wingtel-Records-Gone": export.records_gone} if export.records_gone else {})
