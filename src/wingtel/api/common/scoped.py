"""Base of views, which declare the scopes that their methods need."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar

from rest_framework.authentication import BaseAuthentication
from rest_framework.metadata import SimpleMetadata
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from wingtel.access.scopes import Scope

from .authentication import KeyAuthentication, PersonAuthentication
from .errors import problem_details
from .openapi import Schema
from .parsers import ExactJSONParser
from .permissions import ScopePermission
from .renderers import FastJSONRenderer
from .throttling import CallerThrottle

ALL_METHODS: frozenset[str] = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
"""Every method, for `carrier_safe_methods`."""


class ScopedAPIView(APIView):
    """A view that declares who may call which method. It denies every method that it does not declare.

    It depends on none of the project's settings of REST framework.
    """

    authentication_classes: Sequence[type[BaseAuthentication]] = (KeyAuthentication, PersonAuthentication)
    permission_classes: Sequence[type[BasePermission]] = (ScopePermission,)
    throttle_classes = (CallerThrottle,)
    renderer_classes = (FastJSONRenderer,)
    parser_classes: Sequence[type[BaseParser]] = (ExactJSONParser,)
    content_negotiation_class = DefaultContentNegotiation
    metadata_class = SimpleMetadata
    versioning_class = None
    schema = Schema()

    scopes: ClassVar[Mapping[str, Scope]] = {}
    """Scope that each method needs. HEAD needs that of GET, OPTIONS any of them."""

    carrier_safe_methods: ClassVar[Collection[str]] = ()
    """Methods open to a caller limited to a carrier: they show and change nothing of other carriers."""

    def get_exception_handler(self) -> Any:
        """Return the function that makes problem details of exceptions."""
        return problem_details

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the response, which no cache on its way may store."""
        response.headers.setdefault("Cache-Control", "no-store")
        return super().finalize_response(request, response, *args, **kwargs)
