"""Compressed answers, where compressing gives nothing away."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class ApiGZipMiddleware(GZipMiddleware):
    """Compresses what the API answers to requests without a session.

    The length of a compressed page tells whether a text sent in the request also stands in it (BREACH). Using that
    takes a browser that is made to send requests with credentials of its own: a session's cookie. A key is sent by
    no browser on its own. The pages of the dashboard and the admin, which hold tokens, are not compressed at all.
    """

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        """The response, compressed where the client accepts it and it is long enough."""
        if not request.path_info.startswith("/api/") or settings.SESSION_COOKIE_NAME in request.COOKIES:
            return response
        if response.streaming:  # a file, whose length tells that it is whole
            return response
        compressed: HttpResponseBase = super().process_response(request, response)
        return compressed
