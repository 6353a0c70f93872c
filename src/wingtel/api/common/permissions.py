"""Permissions: the scope and carrier that a view demands of its caller."""

from collections.abc import Collection
from typing import Any

from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from wingtel.access.scopes import Access, Scope


class ScopePermission(BasePermission):
    """Permission that a view grants by its `scopes` and `carrier_safe_methods`."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return False for an unknown caller (401). Raises PermissionDenied (403) with what the caller lacks."""
        caller = request.auth
        if not isinstance(caller, Access):
            return False
        scopes = getattr(view, "scopes", {})
        if request.method == "OPTIONS":
            return any(map(caller.allows, scopes.values()))
        method = "GET" if request.method == "HEAD" else str(request.method)
        scope = scopes.get(method)
        if scope is None:
            raise PermissionDenied(f"No caller may use {method} here.")
        if not caller.allows(scope):
            owned = _list_scopes(caller.scopes)
            raise PermissionDenied(f"{caller.name} has {owned}. {method} here needs {scope.value}.")
        if caller.carrier and method not in getattr(view, "carrier_safe_methods", ()):
            raise PermissionDenied(
                f"{caller.name} is limited to the carrier {caller.carrier}; {method} here concerns all carriers."
            )
        return True


def _list_scopes(scopes: Collection[Scope]) -> str:
    return f"the scope {', '.join(sorted(scopes))}" if scopes else "no scope"


def needed(view: Any, method: str) -> Scope | None:
    """Return the scope that a method of a view needs, for the schema; None in an open view."""
    scope: Scope | None = getattr(view, "scopes", {}).get(method.upper())
    return scope
