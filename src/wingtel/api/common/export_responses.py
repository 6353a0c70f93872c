"""Whole answers as files over HTTP.

An export is written to a temporary file before its first byte is sent. So it comes with its length, and one that breaks
off is seen to have done so; what fails while it is made is answered as an error; and the database is done with it, and
its connection free, however slowly the client reads. See docs/decisions/0026.
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

from wingtel.aggregates.serialization import moment
from wingtel.exports import writer
from wingtel.exports.definitions import Export
from wingtel.exports.formats import Format

SENT_AT_ONCE = 256 << 10

_places = threading.BoundedSemaphore(settings.WINGTEL_EXPORTS_AT_ONCE)


class ExportsBusy(APIException):
    """As many exports as may be are being made and sent."""

    status_code = HTTPStatus.SERVICE_UNAVAILABLE
    slug = "exports-busy"
    wait = 5
    """Seconds after which to try again."""
    default_detail = (
        "As many exports as this server makes and sends at once (WINGTEL_EXPORTS_AT_ONCE) are under way. Try again in "
        "a moment."
    )


class ExportTooLong(APIException):
    """The database worked longer on an export than it may."""

    status_code = HTTPStatus.SERVICE_UNAVAILABLE
    slug = "export-too-long"
    default_detail = (
        "The database worked on this export for as long as it may (WINGTEL_EXPORT_SECONDS). Ask for less, or have it "
        "written by `wingtel exceeding`, `wingtel metrics` or `wingtel records`, which have no such limit."
    )


class MadeExport:
    """An export that was made, in a temporary file that goes when it is closed."""

    def __init__(self, export: AbstractContextManager[Export], form: Format) -> None:
        """Make it. Raises ExportsBusy, ExportTooLong, and OperationalError when the database fails meanwhile."""
        if not _places.acquire(blocking=False):
            raise ExportsBusy
        with ExitStack() as held:
            held.callback(_places.release)
            self._file = held.enter_context(tempfile.TemporaryFile())
            self._headers = _make(export, form, self._file)
            self._held = held.pop_all()

    def response(self) -> HttpResponseBase:
        """The response, which closes this when it is closed."""
        return StreamingHttpResponse(self, headers=self._headers)

    def __iter__(self) -> Iterator[bytes]:
        self._file.seek(0)
        while part := self._file.read(SENT_AT_ONCE):
            yield part

    def close(self) -> None:
        """Leave the place to another export."""
        self._held.close()


def _make(made: AbstractContextManager[Export], form: Format, file: IO[bytes]) -> dict[str, str]:
    """Write the export and give the connection back to the pool. Returns the headers to send it with."""
    try:
        with made as export:
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
        "Wingtel-As-Of": moment(export.as_of),
    }
    return headers | ({"Wingtel-Records-Gone": export.records_gone} if export.records_gone else {})
