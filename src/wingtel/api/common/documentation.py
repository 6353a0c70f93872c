"""View of the schema. Each process makes it once; a client that has it gets 304."""

from functools import cache
from hashlib import sha256
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.request import Request


class SchemaView(SpectacularAPIView):
    """OpenAPI 3.1 schema, as YAML or JSON by `Accept`."""

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Return the schema, or 304 if `If-None-Match` has its entity tag."""
        renderer = request.accepted_renderer
        content, etag = _render(str(renderer.media_type))
        media_type = f"{renderer.media_type}; charset=utf-8"
        response = HttpResponse(content, content_type=media_type, headers={"ETag": etag})
        return get_conditional_response(request._request, etag=etag, response=response) or response


@cache
def _render(media_type: str) -> tuple[bytes, str]:
    """Return the schema in a media type, and its entity tag. Making it takes half a second."""
    renderer = next(each for each in SchemaView.renderer_classes if each.media_type == media_type)
    content = renderer().render(SchemaGenerator().get_schema(request=None, public=True), renderer_context={})
    content = content if isinstance(content, bytes) else content.encode()
    return content, f'"{sha256(content).hexdigest()[:32]}"'
