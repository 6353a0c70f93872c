"""Cursors: where a page ended, opaque to the client. Rows written meanwhile do not shift the next page."""

import base64
import json
from typing import Any

from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param


def encode(*position: Any) -> str:
    """The cursor of a position."""
    text = json.dumps(position, default=str, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(cursor: str) -> list[Any]:
    """The position in a cursor. Raises ValueError when it is none."""
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars="-_", validate=True)
        position = json.loads(text)
    except RecursionError as error:
        raise ValueError("nested") from error
    if not isinstance(position, list):
        raise ValueError("not a position")
    return position


def next_url(request: Request, cursor: str | None) -> str | None:
    """The absolute address of the page after `cursor`: the one asked for, with the cursor in it."""
    return cursor and replace_query_param(request.build_absolute_uri(), "cursor", cursor)
