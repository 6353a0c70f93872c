"""Cursors: the end of a page, opaque to the client. Rows written meanwhile do not shift the next page."""

import base64
import json
from typing import Any

from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param


def encode(*position: Any) -> str:
    """Return the cursor of a position."""
    text = json.dumps(position, default=str, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(cursor: str) -> list[Any]:
    """Return the position in a cursor. Raises ValueError if it is not a cursor."""
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars="-_", validate=True)
        position = json.loads(text)
    except RecursionError as error:
        raise ValueError("nested") from error
    if not isinstance(position, list):
        raise ValueError("not a position")
    return position


def next_url(request: Request, cursor: str | None) -> str | None:
    """Return the absolute URL of the page after `cursor`: the requested one, with the cursor in it."""
    return cursor and replace_query_param(request.build_absolute_uri(), "cursor", cursor)
