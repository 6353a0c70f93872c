"""Views of the schema and of its pages. Each process makes the schema once; a client that has it gets 304.

They depend on none of the project's settings of REST framework and drf-spectacular.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from threading import Lock
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.urls import include, path
from django.utils.cache import get_conditional_response
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.plumbing import _load_enum_name_overrides
from drf_spectacular.settings import patched_settings
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerView
from rest_framework.request import Request
from rest_framework.views import APIView

from . import document
from .errors import problem_details
from .openapi import Schema, extend_schema, own_schema_class

_lock = Lock()


@contextmanager
def _own_settings() -> Iterator[None]:
    """Give drf-spectacular the settings of this API, which it reads nowhere but from those of the whole project."""
    with _lock:
        _load_enum_name_overrides.cache_clear()
        try:
            with own_schema_class(), patched_settings(document.SETTINGS):
                yield
        finally:
            _load_enum_name_overrides.cache_clear()


class _OpenView(APIView):
    """A view that needs no key."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    versioning_class = None
    schema = Schema()

    def get_exception_handler(self) -> Any:
        """Return the function that makes problem details of exceptions."""
        return problem_details


class SchemaView(_OpenView, SpectacularAPIView):
    """The OpenAPI 3.1 schema, as YAML or JSON by `Accept`."""

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Return the schema, or 304 if `If-None-Match` has its entity tag."""
        renderer = request.accepted_renderer
        content, etag = _render(str(renderer.media_type), request.path_info.removesuffix("schema/").lstrip("/"))
        media_type = f"{renderer.media_type}; charset=utf-8"
        response = HttpResponse(content, content_type=media_type, headers={"ETag": etag})
        return get_conditional_response(request._request, etag=etag, response=response) or response


class SwaggerView(_OpenView, SpectacularSwaggerView):
    """A page to try the API out."""

    url_name = "wingtel_api:schema"
    title = document.SETTINGS["TITLE"]

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """Return the page."""
        with _own_settings():
            return super().get(request, *args, **kwargs)


class RedocView(_OpenView, SpectacularRedocView):
    """A page to read about the API."""

    url_name = "wingtel_api:schema"
    template_name = "wingtel/redoc.html"
    title = document.SETTINGS["TITLE"]

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """Return the page."""
        with _own_settings():
            return super().get(request, *args, **kwargs)


@cache
def _render(media_type: str, prefix: str) -> tuple[bytes, str]:
    """Return the schema of the URLs below `prefix` in a media type, and its entity tag. It takes half a second."""
    renderer = next(each for each in SchemaView.renderer_classes if each.media_type == media_type)
    with _own_settings():
        generator = SchemaGenerator(patterns=[path(prefix, include("wingtel.api.urls"))])
        content = renderer().render(generator.get_schema(request=None, public=True), renderer_context={})
    content = content if isinstance(content, bytes) else content.encode()
    return content, f'"{sha256(content).hexdigest()[:32]}"'
