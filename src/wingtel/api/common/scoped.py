"""Base of views, which declare the scopes that their methods need."""

from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.views import APIView

from wingtel.access.scopes import Scope

ALL_METHODS: frozenset[str] = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
"""Every method, for `carrier_safe_methods`."""


class ScopedAPIView(APIView):
    """A view that declares who may call which method. It denies every method that it does not declare."""

    scopes: ClassVar[Mapping[str, Scope]] = {}
    """Scope that each method needs. HEAD needs that of GET, OPTIONS any of them."""

    carrier_safe_methods: ClassVar[Collection[str]] = ()
    """Methods open to a caller limited to a carrier: they show and change nothing of other carriers."""

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the response, which no cache on its way may store."""
        response.headers.setdefault("Cache-Control", "no-store")
        return super().finalize_response(request, response, *args, **kwargs)
