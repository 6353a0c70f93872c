"""What a caller needs to be allowed, as views declare it."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from wingtel.access.scopes import Access, Scope

if TYPE_CHECKING:  # which imports this module
    from rest_framework.views import APIView


class ScopePermission(BasePermission):
    """Allows what the view's `scopes` and `carrier_safe_methods` allow."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """False where nobody is known, which is answered with 401. Raises PermissionDenied, saying what is missing."""
        caller = request.auth
        if not isinstance(caller, Access):
            return False
        scopes = getattr(view, "scopes", {})
        if request.method == "OPTIONS":
            return any(map(caller.allows, scopes.values()))
        method = "GET" if request.method == "HEAD" else str(request.method)
        scope = scopes.get(method)
        if scope is None:
            raise PermissionDenied(f"Nobody may {method} here.")
        if not caller.allows(scope):
            raise PermissionDenied(f"{caller.name} has {_listed(caller.scopes)}. {method} here needs {scope.value}.")
        if caller.carrier and method not in getattr(view, "carrier_safe_methods", ()):
            raise PermissionDenied(
                f"{caller.name} is limited to the carrier {caller.carrier}; {method} here concerns all carriers."
            )
        return True


def _listed(scopes: Collection[Scope]) -> str:
    return f"the scope {', '.join(sorted(scopes))}" if scopes else "no scope"


def needed(view: Any, method: str) -> Scope | None:
    """The scope that a method of a view needs, for the schema."""
    found: Scope | None = getattr(view, "scopes", {}).get(method.upper())
    return found
