"""Request ids: in the header X-Request-Id, in problem details, and in every line of the log."""

import logging
import re
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import structlog
from django.conf import settings
from django.core import checks
from django.http import HttpRequest, HttpResponseBase
from uuid_utils import uuid7

from wingtel.access.scopes import Access

HEADER = "X-Request-Id"
SAFE_ID = re.compile(r"[A-Za-z0-9._:+/=@-]{1,128}")
"""Request ids that are accepted from a client, since they are safe to print."""

_current: ContextVar[str | None] = ContextVar("request_id", default=None)
_log = logging.getLogger(__name__)


def current() -> str | None:
    """Return the id of the current request."""
    return _current.get()


class RequestIdMiddleware:
    """Middleware that sets the id of a request and logs the answered request. It keeps a safe id of the client."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        sent = request.headers.get(HEADER, "")
        request_id = sent if SAFE_ID.fullmatch(sent) else str(uuid7())
        token = _current.set(request_id)
        started = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                response = self.get_response(request)
                response[HEADER] = request_id
                if _log.isEnabledFor(logging.INFO):
                    _log.info(
                        "%s %s %s in %.1f ms for %s",
                        *(request.method, request.path, response.status_code),
                        *((time.perf_counter() - started) * 1000, _caller(request)),
                    )
                return response
            finally:
                _current.reset(token)


def middleware_is_installed(**_: Any) -> list[checks.CheckMessage]:
    """Warn of a project without this middleware."""
    path = f"{__name__}.{RequestIdMiddleware.__name__}"
    if path in settings.MIDDLEWARE:
        return []
    return [
        checks.Warning(
            "Requests have no id: records that came over HTTP, and errors, cannot be traced to a request.",
            f'Put "{path}" first in MIDDLEWARE.',
            id="wingtel.W009",
        )
    ]


def _caller(request: HttpRequest) -> str:
    access: Access | None = getattr(request, "auth", None)  # set by REST framework
    return access.caller if isinstance(access, Access) else "nobody"
