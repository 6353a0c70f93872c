"""How a view says who may do what."""

from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.views import APIView

from wingtel.access.scopes import Scope

ALL_METHODS: frozenset[str] = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
"""Every method, for `carrier_safe_methods`."""


class ScopedAPIView(APIView):
    """A view that says who may do what. What it does not say is denied."""

    scopes: ClassVar[Mapping[str, Scope]] = {}
    """The scope that each method needs. HEAD needs that of GET; OPTIONS any of them."""

    carrier_safe_methods: ClassVar[Collection[str]] = ()
    """The methods that show and change nothing of other carriers, for a caller who is limited to one."""

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Have what was asked with a key be kept by nobody on the way."""
        response.headers.setdefault("Cache-Control", "no-store")
        return super().finalize_response(request, response, *args, **kwargs)
