"""Base views: query parameters that are known, and answers that are files too."""

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
from .errors import Fault, InvalidParameters, echo
from .export_responses import MadeExport
from .parameters import CURSOR, PAGE_SIZE, Parameter
from .renderers import FastJSONRenderer
from .scoped import ScopedAPIView


class ParameterView(ScopedAPIView):
    """A view that refuses query parameters it does not know, and holds the ones it knows in `asked`.

    A method that it does not have is told first, then who may do what, then what is wrong with the parameters.
    """

    known: ClassVar[Sequence[Parameter]] = ()
    asked: dict[str, Any]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if request.method not in self.allowed_methods:
            raise MethodNotAllowed(str(request.method))
        super().initial(request, *args, **kwargs)
        self.asked = {}
        if request.method != "OPTIONS":  # which asks for no answer
            self.asked = parameters.read(request.query_params, self.known_parameters())

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """The renderer and media type to answer with; a `format` that there is none of is told as a parameter."""
        try:
            return super().perform_content_negotiation(request, force)
        except Http404:
            return super().perform_content_negotiation(request, force=True)

    def known_parameters(self) -> Sequence[Parameter]:
        """The parameters of the method asked for."""
        return self.known


class ExportView(ParameterView):
    """A view whose answer is to be had as a file too: by `format`, or by what the client accepts."""

    paged: ClassVar[bool] = True
    """True where the answer is also given as JSON, page by page."""

    form: Format | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.form:
            _refuse_pages(request, self.form)

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[BaseRenderer, str]:
        """Whatever is no file is JSON. Raises NotAcceptable for what is neither."""
        is_asked = request.method in {"GET", "HEAD"} and not force
        self.form = negotiation.format_of(request, paged=self.paged) if is_asked else None
        return FastJSONRenderer(), FastJSONRenderer.media_type

    @property
    def default_response_headers(self) -> dict[str, str]:
        return {**super().default_response_headers, "Vary": "Accept"}

    def file(self, export: AbstractContextManager[Export], form: Format) -> HttpResponseBase:
        """The response that holds `export`. To HEAD it says only what it would be of."""
        if self.request.method == "HEAD":
            return HttpResponse(content_type=form.media_type)
        return MadeExport(export, form).response()


def _refuse_pages(request: Request, form: Format) -> None:
    """Raise InvalidParameters for what asks for a part of a file."""
    if asked := [name for name in (PAGE_SIZE.name, CURSOR.name) if name in request.query_params]:
        rule = f"not together with {form}, which holds every result"
        raise InvalidParameters(
            [Fault(parameter=name, rule=rule, value=echo(request.query_params[name])) for name in asked]
        )
