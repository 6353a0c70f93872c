"""The number of each request: in the header X-Request-Id, in problem details, and in every line of the log."""

import logging
import re
import time
from collections.abc import Callable
from contextvars import ContextVar

import structlog
from django.http import HttpRequest, HttpResponseBase
from uuid_utils import uuid7

from wingtel.access.scopes import Access

HEADER = "X-Request-Id"
SANE = re.compile(r"[A-Za-z0-9._:+/=@-]{1,128}")
"""What is taken from a client, and is safe to print."""

_current: ContextVar[str | None] = ContextVar("request_id", default=None)
_log = logging.getLogger(__name__)


def current() -> str | None:
    """The number of the request that is being answered."""
    return _current.get()


class RequestIdMiddleware:
    """Gives a request its number, the client's own where it sends a sane one, and logs the request once answered."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        sent = request.headers.get(HEADER, "")
        number = sent if SANE.fullmatch(sent) else str(uuid7())
        reset = _current.set(number)
        started = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=number):
            try:
                response = self.get_response(request)
                response[HEADER] = number
                if _log.isEnabledFor(logging.INFO):
                    _log.info(
                        "%s %s %s in %.1f ms for %s",
                        *(request.method, request.path, response.status_code),
                        *((time.perf_counter() - started) * 1000, _caller(request)),
                    )
                return response
            finally:
                _current.reset(reset)


def _caller(request: HttpRequest) -> str:
    access: Access | None = getattr(request, "auth", None)  # REST framework puts it there
    return access.caller if isinstance(access, Access) else "nobody"
