"""Authentication of callers: a program by its key, a person by a session. `request.auth` is their Access."""

from dataclasses import dataclass
from typing import Any, cast

from django.contrib.auth.models import User
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from wingtel.access.people import access_of
from wingtel.access.scopes import Access
from wingtel.access.verification import KeyRejectedError, check

REALM = 'Bearer realm="wingtel"'


@dataclass(frozen=True)
class Program:
    """Stand-in for Django's user, for callers with a key."""

    username: str
    is_authenticated: bool = True
    is_anonymous: bool = False
    is_active: bool = True
    is_staff: bool = False
    is_superuser: bool = False
    pk: None = None


class KeyAuthentication(BaseAuthentication):
    """Authentication by `Authorization: Bearer KEY`, as RFC 6750 defines it."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """Return the caller and its Access, None without a key. Raises AuthenticationFailed for an invalid key."""
        header = request.META.get("HTTP_AUTHORIZATION")
        if header is None:
            return None
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer":
            raise AuthenticationFailed(f"Send the key as `Authorization: Bearer KEY`, not with {scheme[:20]!r}.")
        try:
            access = check(token.strip())
        except KeyRejectedError as error:
            raise AuthenticationFailed(str(error)) from error
        return Program(access.name), access

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge of a 401 response."""
        return f'{REALM}, error="invalid_token"' if "HTTP_AUTHORIZATION" in request.META else REALM


class PersonAuthentication(SessionAuthentication):
    """Authentication by the session of a logged-in user. Requests that change anything need a CSRF token."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """Return the user and their Access, None without a login."""
        authenticated = super().authenticate(request)
        if authenticated is None:
            return None
        user = cast("User", authenticated[0])
        return user, access_of(user)


def access(request: Request) -> Access:
    """Return the Access of the caller. Raises TypeError in an open view, which has no caller."""
    if not isinstance(request.auth, Access):
        raise TypeError(f"{request.path} is open: it has no caller")
    return request.auth
