"""Who asks: a program by its key, or a person by a session. `request.auth` is what they may do."""

from dataclasses import dataclass
from typing import Any, cast

from django.contrib.auth.models import User
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from wingtel.access.people import access_of
from wingtel.access.scopes import Access
from wingtel.access.verification import KeyRefusedError, check

REALM = 'Bearer realm="wingtel"'


@dataclass(frozen=True)
class Program:
    """Stands where Django has a user, for callers with a key."""

    username: str
    is_authenticated: bool = True
    is_anonymous: bool = False
    is_active: bool = True
    is_staff: bool = False
    is_superuser: bool = False
    pk: None = None


class KeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer KEY`, as RFC 6750 has it."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """The caller and its Access; None where no key is sent."""
        sent = request.META.get("HTTP_AUTHORIZATION")
        if sent is None:
            return None
        scheme, _, token = sent.partition(" ")
        if scheme.lower() != "bearer":
            raise AuthenticationFailed(f"Send the key as `Authorization: Bearer KEY`, not with {scheme[:20]!r}.")
        try:
            access = check(token.strip())
        except KeyRefusedError as error:
            raise AuthenticationFailed(str(error)) from error
        return Program(access.name), access

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return f'{REALM}, error="invalid_token"' if "HTTP_AUTHORIZATION" in request.META else REALM


class PersonAuthentication(SessionAuthentication):
    """The session of a user who logged in; what changes anything needs the token against forged requests (CSRF)."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """The user and their Access; None where nobody is logged in."""
        found = super().authenticate(request)
        if found is None:
            return None
        user = cast("User", found[0])
        return user, access_of(user)


def access(request: Request) -> Access:
    """What the caller of a view that is not open may do."""
    if not isinstance(request.auth, Access):
        raise TypeError(f"{request.path} is open: it has no caller")
    return request.auth
