"""Base views: with declared query parameters, and with answers that are exported as files."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, ClassVar

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from wingtel.exports.definitions import Export
from wingtel.exports.formats import Format

from . import negotiation, parameters
from .errors import InvalidParameters, ProblemDetail, preview
from .export_responses import MadeExport
from .parameters import CURSOR, PAGE_SIZE, QueryParameter
from .renderers import FastJSONRenderer
from .scoped import ScopedAPIView


class ParameterView(ScopedAPIView):
    """A view that rejects unknown query parameters, and holds the values of the known ones in `params`.

    It checks first that the method exists, then that the caller may use it, then the parameters.
    """

    known: ClassVar[Sequence[QueryParameter]] = ()
    params: dict[str, Any]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if request.method not in self.allowed_methods:
            raise MethodNotAllowed(str(request.method))
        super().initial(request, *args, **kwargs)
        self.params = {}
        if request.method != "OPTIONS":  # returns no results
            self.params = parameters.read(request.query_params, self.known_parameters())

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Return the renderer and media type of the response. An unknown `format` is reported as a parameter later."""
        try:
            return super().perform_content_negotiation(request, force)
        except Http404:
            return super().perform_content_negotiation(request, force=True)

    def known_parameters(self) -> Sequence[QueryParameter]:
        """Return the parameters of the requested method."""
        return self.known


class ExportView(ParameterView):
    """A view whose answer can also be a file: by the parameter `format` or the header Accept."""

    paged: ClassVar[bool] = True
    """True if the answer is also given as JSON, page by page."""

    form: Format | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.form:
            _reject_pagination(request, self.form)

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[BaseRenderer, str]:
        """Choose JSON or a file format. Raises NotAcceptable for any other format."""
        is_read = request.method in {"GET", "HEAD"} and not force
        self.form = negotiation.format_of(request, paged=self.paged) if is_read else None
        return FastJSONRenderer(), FastJSONRenderer.media_type

    @property
    def default_response_headers(self) -> dict[str, str]:
        return {**super().default_response_headers, "Vary": "Accept"}

    def file(self, export: AbstractContextManager[Export], form: Format) -> HttpResponseBase:
        """Return the response with `export`. For HEAD, it has only the content type."""
        if self.request.method == "HEAD":
            return HttpResponse(content_type=form.media_type)
        return MadeExport(export, form).response()


def _reject_pagination(request: Request, form: Format) -> None:
    """Raise InvalidParameters if the request asks for a page of a file."""
    if names := [name for name in (PAGE_SIZE.name, CURSOR.name) if name in request.query_params]:
        rule = f"not together with {form}, which holds every result"
        raise InvalidParameters(
            [ProblemDetail(parameter=name, rule=rule, value=preview(request.query_params[name])) for name in names]
        )
