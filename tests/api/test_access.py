"""Access to every method: of programs by key, of people by session."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.views import APIView

from tests.api.test_errors import problem
from tests.callers import client_of, new_token, with_key
from wingtel.access import keys
from wingtel.access.scopes import Scope
from wingtel.api.common.permissions import ScopePermission
from wingtel.api.common.scoped import ScopedAPIView

pytestmark = pytest.mark.django_db

PLANS = "/api/v1/plans/"
RECORDS = "/api/v1/usage/records/"
OPEN = {"health", "schema", "docs", "redoc"}


def endpoints(resolver: URLResolver | None = None, before: str = "") -> Iterator[tuple[str, str | None, Any]]:
    """Yield the path, name and view of every endpoint of the API."""
    for pattern in (resolver or get_resolver()).url_patterns:
        path = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from endpoints(pattern, path)
        elif isinstance(pattern, URLPattern) and path.startswith("api/"):
            address = re.sub(r"<\w+:\w+>", "1", path.replace("<wingtel_code:code>", "att"))
            yield f"/{address}", pattern.name, pattern.callback


def methods(view: Any) -> list[str]:
    names = getattr(view, "actions", None) or {
        name: name for name in APIView.http_method_names if hasattr(view.cls, name)
    }
    return [name.upper() for name in names if name not in ("options", "head")]


each_endpoint = pytest.mark.parametrize(
    ("path", "name", "view"), [pytest.param(*endpoint, id=endpoint[0]) for endpoint in endpoints()]
)


@each_endpoint
def test_every_view_is_open_by_name_or_says_which_scope_each_method_needs(path: str, name: str, view: Any) -> None:
    """Repair it by declaring `scopes` in the view: docs/api.md."""
    if name in OPEN:
        return
    assert issubclass(view.cls, ScopedAPIView)
    assert view.cls.permission_classes == (ScopePermission,)
    assert {method for method in methods(view) if method not in view.cls.scopes} == set()


@each_endpoint
def test_without_a_key_only_health_and_documentation_answer(nobody: Client, path: str, name: str, view: Any) -> None:
    for method in methods(view):
        response = nobody.generic(method, path)
        if name in OPEN:
            assert response.status_code == 200
        else:
            assert (response.status_code, response["WWW-Authenticate"]) == (401, 'Bearer realm="wingtel"')
            assert problem(response)["type"] == "/problems/unauthorized"


@pytest.mark.parametrize(
    ("header", "detail"),
    [
        ("Bearer x", "This is not a key: a key looks like wt_PREFIX_SECRET."),
        ("Bearer wt_abcdefgh_" + "x" * 43, "There is no such key."),
        ("Basic dTpw", "Send the key as `Authorization: Bearer KEY`, not with 'Basic'."),
        ("", "Send the key as `Authorization: Bearer KEY`, not with ''."),
    ],
)
def test_a_key_that_opens_nothing_is_told_why(header: str, detail: str) -> None:
    response = Client(headers={"authorization": header}).get(PLANS)

    assert response.status_code == 401
    assert response["WWW-Authenticate"] == 'Bearer realm="wingtel", error="invalid_token"'
    assert problem(response)["detail"] == detail


def test_a_revoked_key_opens_nothing() -> None:
    made = keys.create("billing", scopes=[Scope.READ])
    client = with_key(made.token)
    assert client.get(PLANS).status_code == 200

    keys.revoke("billing")

    assert client.get(PLANS).status_code == 401


@pytest.mark.parametrize(
    ("scope", "read", "ingest", "change"),
    [(Scope.READ, 200, 403, 403), (Scope.INGEST, 403, 200, 403), (Scope.ADMIN, 200, 200, 201)],
)
def test_a_scope_allows_what_it_says(scope: Scope, read: int, ingest: int, change: int) -> None:
    client = client_of(scope)

    assert client.get(PLANS).status_code == read
    assert client.head(PLANS).status_code == read
    assert client.post(RECORDS, "[]", content_type="application/json").status_code == ingest
    assert client.post(PLANS, {"name": "Basic"}, content_type="application/json").status_code == change


def test_a_key_may_have_several_scopes() -> None:
    client = client_of(Scope.READ, Scope.INGEST)

    assert client.get(PLANS).status_code == 200
    assert client.post(RECORDS, "[]", content_type="application/json").status_code == 200
    assert client.delete(f"{PLANS}1/").status_code == 403


def test_what_is_missing_is_named() -> None:
    client = with_key(keys.create("billing", scopes=[Scope.READ]).token)

    response = client.post(PLANS, {"name": "Basic"}, content_type="application/json")

    assert problem(response)["type"] == "/problems/forbidden"
    assert problem(response)["detail"] == "billing has the scope read. POST here needs admin."


def test_a_key_is_asked_for_before_anything_is_said_of_the_request(nobody: Client) -> None:
    assert nobody.get("/api/v1/usage/exceeding/?price_limit=x").status_code == 401
    assert nobody.post(PLANS, "{", content_type="application/xml").status_code == 401


def test_options_are_told_to_whoever_may_do_something_there(nobody: Client) -> None:
    assert nobody.options(PLANS).status_code == 401
    assert client_of(Scope.INGEST).options(PLANS).status_code == 403
    assert client_of(Scope.READ).options(PLANS).status_code == 200


def test_a_bad_key_does_not_close_what_is_open() -> None:
    client = Client(headers={"authorization": "Bearer x"})

    assert client.get("/api/v1/health/").status_code == 200
    assert client.get("/api/v1/schema/").status_code == 200


@pytest.fixture
def person() -> User:
    return User.objects.create_user("ada", None, "lovelace")


def in_group(user: User, *names: str) -> None:
    user.groups.set([Group.objects.get_or_create(name=name)[0] for name in names])


def logged_in(user: User, **options: Any) -> Client:
    client = Client(**options)
    client.force_login(user)
    return client


@pytest.mark.parametrize(
    ("groups", "read", "change"), [([], 403, 403), (["read"], 200, 403), (["admin"], 200, 201), (["other"], 403, 403)]
)
def test_a_person_has_the_scopes_of_their_groups(person: User, groups: list[str], read: int, change: int) -> None:
    in_group(person, *groups)
    client = logged_in(person)

    assert client.get(PLANS).status_code == read
    assert client.post(PLANS, {"name": "Basic"}, content_type="application/json").status_code == change


def test_a_superuser_may_do_everything(admin_client: Client) -> None:
    assert admin_client.post(PLANS, {"name": "Basic"}, content_type="application/json").status_code == 201
    assert admin_client.post(RECORDS, "[]", content_type="application/json").status_code == 200


def test_a_person_who_is_no_longer_active_is_nobody(person: User) -> None:
    in_group(person, "read")
    client = logged_in(person)
    User.objects.update(is_active=False)

    assert client.get(PLANS).status_code == 401


def test_a_person_without_a_scope_is_told_so(person: User) -> None:
    assert problem(logged_in(person).get(PLANS))["detail"] == "ada has no scope. GET here needs read."


def test_a_session_changes_nothing_without_the_token_against_forged_requests(person: User) -> None:
    in_group(person, "admin")
    client = logged_in(person, enforce_csrf_checks=True)
    assert client.get(PLANS).status_code == 200

    response = client.post(PLANS, {"name": "Basic"}, content_type="application/json")
    assert response.status_code == 403
    assert problem(response)["detail"].startswith("CSRF Failed: ")

    client.get("/login/")
    token = client.cookies["csrftoken"].value
    headers = {"X-CSRFToken": token}
    response = client.post(PLANS, {"name": "Basic"}, content_type="application/json", headers=headers)
    assert response.status_code == 201


def test_a_key_needs_no_such_token() -> None:
    client = Client(enforce_csrf_checks=True, headers={"authorization": f"Bearer {new_token(Scope.ADMIN)}"})

    assert client.post(PLANS, {"name": "Basic"}, content_type="application/json").status_code == 201


def test_people_log_in_and_out(person: User) -> None:
    in_group(person, "read")
    client = Client()
    assert client.get(PLANS).status_code == 401

    assert client.post("/login/", {"username": "ada", "password": "wrong"}).status_code == 200
    assert client.get(PLANS).status_code == 401
    response = client.post("/login/", {"username": "ada", "password": "lovelace"})
    assert (response.status_code, response["Location"]) == (302, "/")
    assert client.get(PLANS).status_code == 200
    assert client.post("/logout/").status_code == 302
    assert client.get(PLANS).status_code == 401
