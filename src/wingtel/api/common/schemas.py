"""Responses with problem details and files, for the schema only."""

from functools import cache
from http import HTTPStatus
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiResponse
from msgspec import Struct

from wingtel.exports.formats import Format
from wingtel.shapes import example_of

from . import negotiation
from .errors import PROBLEM_JSON, Problem, ProblemDetail


def problems(*statuses: int) -> dict[Any, Any]:
    """Return the responses of some error statuses, for `extend_schema`."""
    return {(status, PROBLEM_JSON): problem(status) for status in statuses}


@cache
def problem(status: int) -> OpenApiResponse:
    """Return the response of an error status, with an example."""
    phrase = HTTPStatus(status).phrase
    value = example_of(Problem) | {
        "type": f"/problems/{phrase.lower().replace(' ', '-')}",
        "title": phrase.capitalize(),
        "status": status,
        "detail": MEANINGS[status],
        "errors": [example_of(ProblemDetail)] if status == HTTPStatus.BAD_REQUEST else [],
    }
    return OpenApiResponse(Problem, MEANINGS[status], examples=[OpenApiExample(phrase, value=value)])


def files(shape: type[Struct]) -> dict[Any, Any]:
    """Return the responses of an answer that is JSON of `shape` or a file, for `extend_schema`."""
    description = "A page in JSON, or a file of every result, whose timestamp is in the header Wingtel-As-Of."
    return {(200, negotiation.JSON): shape} | whole_files(description)


def whole_files(description: str) -> dict[Any, Any]:
    """Return the responses of an answer that is a file, for `extend_schema`."""
    return {
        (200, form.media_type): OpenApiResponse(
            OpenApiTypes.BINARY if form is Format.PARQUET else OpenApiTypes.STR, description
        )
        for form in Format
    }


MEANINGS = {
    400: "The request is invalid; errors lists the reasons.",
    401: "The API key is missing or invalid.",
    403: "The caller lacks the scope, or is limited to another carrier.",
    404: "There is no such resource.",
    406: "The answer is not available in the requested format.",
    409: "The request conflicts with what is stored.",
    413: "The body is too large.",
    415: "The media type of the body is not supported.",
    422: "Everything was rejected; errors lists the reasons.",
    429: "The caller has used up its requests of this minute.",
    500: "The server failed; its log says why, under the request_id.",
    503: "The database does not answer.",
}
