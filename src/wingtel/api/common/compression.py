"""Compression of responses, where it cannot reveal a secret."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class ApiGZipMiddleware(GZipMiddleware):
    """Compression of API responses to requests without a session.

    The length of a compressed page can reveal that a text sent in the request is also in the page (BREACH).
    The attack needs a browser that adds credentials by itself: the cookie of a session. No browser adds a key
    by itself. Pages of the dashboard and the admin, which hold tokens, are not compressed.
    """

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        """Return the response, compressed if the client accepts that and it is long enough."""
        match = request.resolver_match
        if match is None or "wingtel_api" not in match.app_names or settings.SESSION_COOKIE_NAME in request.COOKIES:
            return response
        if response.streaming:  # a file: its length shows that it is complete
            return response
        compressed: HttpResponseBase = super().process_response(request, response)
        return compressed
