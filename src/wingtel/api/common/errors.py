"""Problem details (RFC 9457) for every error: of a parameter, a body, a view or the server."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Any

import msgspec
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.views import defaults
from msgspec import UNSET, Meta, Struct, UnsetType
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.views import set_rollback

from wingtel.aggregates.validation import PRICE_LIMIT_RULE
from wingtel.subscriptions.assignments import assignment_error

from . import request_ids

PROBLEM_JSON = "application/problem+json"
LONGEST_PREVIEW = 200


class ProblemDetail(Struct, kw_only=True):
    """One error in a request: the parameter or field, the rule it breaks, and its value."""

    parameter: Annotated[
        str | UnsetType, Meta(description="The invalid query parameter.", examples=["price_limit"])
    ] = UNSET
    field: Annotated[
        str | UnsetType | None, Meta(description="The invalid field of the body; null for the body itself.")
    ] = UNSET
    rule: Annotated[str, Meta(description="The rule that the value breaks.", examples=[PRICE_LIMIT_RULE])]
    value: Annotated[
        str | int | bool | None, Meta(description="The value that was sent, shortened if long.", examples=["1e5"])
    ]


class Problem(Struct, kw_only=True):
    """Problem details (RFC 9457)."""

    type: Annotated[
        str, Meta(description="The kind of problem, such as /problems/invalid-parameter.", examples=["/problems/"])
    ]
    title: Annotated[str, Meta(examples=["Invalid parameter"])]
    status: int
    detail: Annotated[str, Meta(description="What is wrong and how to correct it.", examples=["Correct it."])]
    errors: list[ProblemDetail]
    request_id: Annotated[
        str,
        Meta(
            description="The request's number, as in X-Request-Id; the log has it too.",
            examples=["0193b0a2-6a5c-7e61-8a3e-0d9a3c5f7b11"],
        ),
    ]


class InvalidParameters(exceptions.APIException):
    """Query parameters that break their rules, all reported at once."""

    status_code = HTTPStatus.BAD_REQUEST

    def __init__(self, errors: Sequence[ProblemDetail]) -> None:
        self.errors = list(errors)
        names = dict.fromkeys(str(error.parameter) for error in errors)
        super().__init__(f"Correct the query parameters listed in errors: {', '.join(names)}.")


class Conflict(exceptions.APIException):
    """A request that stored data does not allow."""

    status_code = HTTPStatus.CONFLICT


class TooLarge(exceptions.APIException):
    """A body above the size limit of its endpoint."""

    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    slug = "too-large"


class KeyReused(exceptions.APIException):
    """An Idempotency-Key that another request has used before."""

    status_code = HTTPStatus.UNPROCESSABLE_ENTITY
    slug = "idempotency-key-reused"
    default_detail = "This Idempotency-Key came with another request within a day. Give each request a key of its own."


class RecordsRejected(exceptions.APIException):
    """An atomic request of which some records are rejected, so none is ingested."""

    status_code = HTTPStatus.UNPROCESSABLE_ENTITY
    slug = "records-rejected"

    def __init__(self, errors: Sequence[ProblemDetail]) -> None:
        self.errors = list(errors)
        super().__init__(
            f"Nothing was ingested: {len(errors)} of the records were rejected. Correct or remove those in errors."
        )


class Unavailable(exceptions.APIException):
    """A database that does not answer."""

    status_code = HTTPStatus.SERVICE_UNAVAILABLE
    default_detail = "The database does not answer. Try again in a few seconds."


def problem(
    status: int,
    detail: str,
    *,
    slug: str = "",
    errors: Sequence[ProblemDetail] = (),
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """Return a response of problem details. Its type ends with `slug`, by default the phrase of the status."""
    phrase = HTTPStatus(status).phrase
    slug = slug or phrase.lower().replace(" ", "-")
    body = Problem(
        type=f"/problems/{slug}",
        title=slug.replace("-", " ").capitalize(),
        status=int(status),
        detail=detail,
        errors=list(errors),
        request_id=request_ids.current() or "",
    )
    text = json.dumps(msgspec.to_builtins(body))  # it escapes lone surrogates, which UTF-8 cannot encode
    return HttpResponse(text, status=status, content_type=PROBLEM_JSON, headers=headers)


def problem_details(error: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """Return the problem details of an exception, as REST framework's exception handler.

    Return None for an unexpected exception: Django logs it and answers 500.
    """
    api_error = _as_api_exception(error)
    if api_error is None:
        return None
    set_rollback()
    return problem(
        api_error.status_code,
        _detail(api_error),
        slug=_slug(api_error),
        errors=_errors(api_error, context.get("request")),
        headers=_headers(api_error),
    )


def _as_api_exception(error: Exception) -> exceptions.APIException | None:
    match error:
        case exceptions.APIException():
            return error
        case Http404():
            return exceptions.NotFound()
        case PermissionDenied():
            return exceptions.PermissionDenied()
        case IntegrityError():
            contradiction = "This contradicts what is stored meanwhile. Read it again, then repeat the request"
            return Conflict(f"{assignment_error(error) or contradiction}.")
        case OperationalError() | InterfaceError():
            return Unavailable()
    return None


def _slug(error: exceptions.APIException) -> str:
    match error:
        case InvalidParameters():
            return "invalid-parameter"
        case exceptions.ValidationError():
            return "invalid-body"
        case exceptions.ParseError():
            return "malformed-body"
    return str(getattr(error, "slug", ""))


def _detail(error: exceptions.APIException) -> str:
    if isinstance(error, exceptions.ValidationError):
        return "Correct the fields listed in errors."
    return str(error.detail)


def _errors(error: exceptions.APIException, request: Request | None) -> list[ProblemDetail]:
    if isinstance(error, InvalidParameters | RecordsRejected):
        return error.errors
    if isinstance(error, exceptions.ValidationError):
        sent = request.data if request is not None else None
        return list(_field_errors(error.detail, sent))
    return []


def _field_errors(detail: Any, sent: Any, path: str = "") -> Iterator[ProblemDetail]:
    """Yield the messages of a validation error, which are nested like the body."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            of_body = name == "non_field_errors"
            value = sent if of_body else sent.get(name) if isinstance(sent, Mapping) else None
            yield from _field_errors(inner, value, path if of_body else f"{path}.{name}".lstrip("."))
    elif isinstance(detail, list):
        for inner in detail:
            yield from _field_errors(inner, sent, path)
    else:
        yield ProblemDetail(field=path or None, rule=str(detail), value=preview(sent))


def _headers(error: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = str(challenge)
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(math.ceil(wait))
    return headers


def preview(value: Any) -> str | int | bool | None:
    """Return a value as JSON can hold it, a text cut to LONGEST_PREVIEW characters."""
    if value is None or isinstance(value, bool | int):
        return value
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= LONGEST_PREVIEW else f"{text[:LONGEST_PREVIEW]}…"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Return Django's 400, such as for a host that is not allowed."""
    if not _in_api(request):
        return defaults.bad_request(request, exception)
    return problem(HTTPStatus.BAD_REQUEST, "The server does not accept this request.")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Return Django's 403."""
    if not _in_api(request):
        return defaults.permission_denied(request, exception)
    return problem(HTTPStatus.FORBIDDEN, "The caller may not do this.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Return Django's 404, for a URL without a view."""
    if not _in_api(request):
        return defaults.page_not_found(request, exception)
    return problem(HTTPStatus.NOT_FOUND, "There is nothing at this address. /api/v1/schema/ lists what there is.")


def server_error(request: HttpRequest) -> HttpResponseBase:
    """Return Django's 500, for an unexpected error. The log has the cause."""
    if not _in_api(request):
        return defaults.server_error(request)
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "The server failed; its log says why, under the request_id.")


def _in_api(request: HttpRequest) -> bool:
    return request.path_info.startswith("/api/")
