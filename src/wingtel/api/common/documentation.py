"""The schema as it is served: made once by each process, and not sent again to who has it."""

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
    """OpenAPI 3.1, as YAML or JSON by `Accept`."""

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The schema, or 304 to an `If-None-Match` that has it."""
        renderer = request.accepted_renderer
        content, etag = _rendered(str(renderer.media_type))
        media_type = f"{renderer.media_type}; charset=utf-8"
        response = HttpResponse(content, content_type=media_type, headers={"ETag": etag})
        return get_conditional_response(request._request, etag=etag, response=response) or response


@cache
def _rendered(media_type: str) -> tuple[bytes, str]:
    """The schema in that form, and its entity tag. Making it takes half a second."""
    renderer = next(found for found in SchemaView.renderer_classes if found.media_type == media_type)
    content = renderer().render(SchemaGenerator().get_schema(request=None, public=True), renderer_context={})
    content = content if isinstance(content, bytes) else content.encode()
    return content, f'"{sha256(content).hexdigest()[:32]}"'
