"""Problem details and files, for the schema alone."""

from http import HTTPStatus
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema_field
from msgspec import Struct
from rest_framework import serializers

from wingtel.exports.formats import Format

from . import negotiation
from .errors import PROBLEM_JSON

REQUEST_ID = "0193b0a2-6a5c-7e61-8a3e-0d9a3c5f7b11"


@extend_schema_field({"type": ["string", "integer", "boolean", "null"]})
class EchoedField(serializers.JSONField):
    """A value that was sent."""


class FaultShape(serializers.Serializer[Any]):
    """One thing wrong in a request."""

    parameter = serializers.CharField(required=False, help_text="The query parameter at fault.")
    field = serializers.CharField(
        required=False, allow_null=True, help_text="The field of the body at fault; null for the body itself."
    )
    rule = serializers.CharField(help_text="The rule that the value breaks.")
    value = EchoedField(help_text="What was sent, shortened when long.")


class ProblemShape(serializers.Serializer[Any]):
    """Problem details (RFC 9457)."""

    type = serializers.CharField(help_text="What kind of problem, such as /problems/invalid-parameter.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="What was wrong and what to do.")
    errors = FaultShape(many=True)  # type: ignore[assignment] # a field, not the serializer's errors
    request_id = serializers.CharField(help_text="The request's number, as in X-Request-Id; the log has it too.")


def problems(*statuses: int) -> dict[Any, Any]:
    """The responses of some error statuses, for `extend_schema`."""
    return {(status, PROBLEM_JSON): problem(status) for status in statuses}


def problem(status: int) -> OpenApiResponse:
    """The response of one, with an example."""
    phrase = HTTPStatus(status).phrase
    value = {
        "type": f"/problems/{phrase.lower().replace(' ', '-')}",
        "title": phrase.capitalize(),
        "status": status,
        "detail": MEANINGS[status],
        "errors": [],
        "request_id": REQUEST_ID,
    }
    return OpenApiResponse(ProblemShape, MEANINGS[status], examples=[OpenApiExample(phrase, value=value)])


def files(shape: type[Struct]) -> dict[Any, Any]:
    """The responses of an answer that is JSON of `shape` or a file, for `extend_schema`."""
    return {(200, negotiation.JSON): shape} | {
        (200, form.media_type): OpenApiResponse(
            OpenApiTypes.BINARY if form is Format.PARQUET else OpenApiTypes.STR,
            "A page in JSON, or a file of every result, whose moment is in the header Wingtel-As-Of.",
        )
        for form in Format
    }


MEANINGS = {
    400: "The request breaks a rule; errors says which.",
    401: "No key, or one that opens nothing.",
    403: "The caller has not the scope, or is limited to another carrier.",
    404: "There is no such thing.",
    406: "The answer is not to be had in the format asked for.",
    409: "What is stored does not allow it.",
    413: "The body is too large.",
    415: "The body is of a type that is not read here.",
    422: "All of it was rejected; errors says why.",
    429: "The requests of this minute are used up.",
    500: "The server failed; its log says why, under the request_id.",
    503: "The database does not answer.",
}
