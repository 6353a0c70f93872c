"""Parts of the schema that drf-spectacular cannot derive from views and serializers."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import load_enum_name_overrides
from drf_spectacular.utils import OpenApiExample
from drf_spectacular.utils import extend_schema as extend_default_schema
from msgspec import Struct
from rest_framework import serializers
from rest_framework.settings import api_settings

from wingtel.aggregates.validation import DATE_PATTERN, LARGEST_ID
from wingtel.exports.formats import Format
from wingtel.shapes import example_of, nested

from .errors import PROBLEM_JSON
from .fields import DayField, ExactDecimalField, IdentifierField
from .permissions import needed
from .schemas import problem
from .serializers import KnownFields

# A text with a visible character, and one that may be blank. PostgreSQL cannot store NUL.
VISIBLE = r"^[^\u0000]*[^\s\u0000-\u001f\u0085\ufeff][^\u0000]*$"
WITHOUT_NUL = r"^[^\u0000]*$"

OF_ALL = (406, 500, 503)
OF_BODY = (413, 415)
OF_SCOPED = (401, 403, 429)

_SCHEMAS = "#/components/schemas/"
_HEADERS = {"401": {"WWW-Authenticate": "Challenge"}, "429": {"Retry-After": "RetryAfter"}}


class KeyScheme(OpenApiAuthenticationExtension):
    """Authentication of a program by its key."""

    target_class = "wingtel.api.common.authentication.KeyAuthentication"
    name = "key"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A key as `wingtel keys create` prints it: `Authorization: Bearer wt_PREFIX_SECRET`. The "
            "scope that an operation needs is listed with it; `admin` includes the others.",
        }


class PersonScheme(OpenApiAuthenticationExtension):
    """Authentication of a person by a session."""

    target_class = "wingtel.api.common.authentication.PersonAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": "sessionid",
            "description": "The session of a person who logged in at `/login/`, whose groups are their scopes. What "
            "changes anything needs the header `X-CSRFToken` too, with the value of the cookie `csrftoken`.",
        }


class StructSchema(OpenApiSerializerExtension):
    """Schema of a shape, made by msgspec."""

    target_class = "msgspec.Struct"
    match_subclasses = True

    def get_name(self, auto_schema: AutoSchema, direction: Any) -> str:
        return str(self.target.__name__)

    def map_serializer(self, auto_schema: AutoSchema, direction: Any) -> Any:
        _, components = msgspec.json.schema_components([self.target], ref_template=f"{_SCHEMAS}{{name}}")
        for shape in nested(self.target):
            auto_schema.resolve_serializer(shape, direction)  # type: ignore[arg-type] # so that its schema is registered
        return {name: value for name, value in components[self.target.__name__].items() if name != "title"}


class Schema(AutoSchema):
    """Schema of operations, with what all share: scopes, common errors, headers, and the rules of exact fields."""

    def get_auth(self) -> list[Any]:
        scope = needed(self.view, self.method)
        if scope is None:
            return []
        return [{name: [scope.value] for name in scheme} for scheme in super().get_auth()]

    def _get_request_body(self, direction: Any = "request") -> Any:
        """Return the request body, which is required if it holds records."""
        body = super()._get_request_body(direction)
        if body and Format.NDJSON.media_type in body["content"]:
            body["required"] = True
        return body

    def _get_response_bodies(self, direction: Any = "response") -> Any:
        bodies = dict(super()._get_response_bodies(direction))
        if not hasattr(self.view, "scopes"):  # the receiver of a webhook
            return bodies
        scoped = OF_SCOPED if needed(self.view, self.method) else ()
        body_errors = OF_BODY if self.method in ("POST", "PUT", "PATCH") else ()
        for status in (*OF_ALL, *scoped, *body_errors):
            if str(status) not in bodies:
                bodies[str(status)] = self._get_response_for_code(problem(status), str(status), [PROBLEM_JSON])
        for status, body in bodies.items():
            names = {"X-Request-Id": "RequestId", **_HEADERS.get(status, {})}
            body["headers"] = body.get("headers", {}) | {
                name: {"$ref": f"#/components/headers/{component}"} for name, component in names.items()
            }
        return dict(sorted(bodies.items()))

    def _get_serializer_name(self, serializer: Any, direction: Any, bypass_extensions: bool = False) -> str:
        return re.sub(
            r"Shape(Request)?$", r"\1", super()._get_serializer_name(serializer, direction, bypass_extensions)
        )

    def _map_serializer(self, serializer: Any, direction: Any, bypass_extensions: bool = False) -> Any:
        schema = super()._map_serializer(serializer, direction, bypass_extensions)
        if direction == "request" and isinstance(serializer, KnownFields):
            schema["additionalProperties"] = False
        if direction == "response" and isinstance(serializer, serializers.ModelSerializer):
            schema["required"] = sorted(schema["properties"])  # also those that a request may leave out
        return schema

    def _get_examples(
        self, serializer: Any, direction: Any, media_type: Any, status_code: Any = None, extras: Any = None
    ) -> Any:
        is_shape = isinstance(serializer, type) and issubclass(serializer, Struct)
        if is_shape and media_type != Format.NDJSON.media_type:  # an object is no example of its lines
            extras = extras or [OpenApiExample("Example", value=example_of(serializer))]
        return super()._get_examples(serializer, direction, media_type, status_code, extras)

    def _insert_field_validators(self, field: Any, schema: Any) -> None:
        super()._insert_field_validators(field, schema)
        if "oneOf" in schema and isinstance(field, serializers.CharField):
            schema.update(schema.pop("oneOf")[0])  # its pattern matches the empty text too

    def _map_serializer_field(self, field: Any, direction: Any, bypass_extensions: bool = False) -> Any:
        schema = super()._map_serializer_field(field, direction, bypass_extensions)
        if not isinstance(schema, dict):
            return schema
        if schema.get("x-spec-enum-id") not in load_enum_name_overrides():
            schema.pop("x-spec-enum-id", None)  # choices are equal by value, as in shapes, not by label
        match field:
            case serializers.DecimalField():
                schema["pattern"] = _decimal_pattern(field)
            case DayField() if direction == "request":
                schema["pattern"] = DATE_PATTERN
            case IdentifierField() if direction == "request":
                schema["pattern"] = field.pattern
            case serializers.CharField() if direction == "request" and "string" in schema.get("type", ""):
                schema["pattern"] = WITHOUT_NUL if field.allow_blank else VISIBLE
            case serializers.PrimaryKeyRelatedField() if direction == "request":
                schema |= {"minimum": 1, "maximum": LARGEST_ID}
        return schema


def _decimal_pattern(field: serializers.DecimalField) -> str:
    whole, places = field.max_whole_digits or 16, field.decimal_places or 0
    is_signed = field.min_value is None or field.min_value < 0 or not isinstance(field, ExactDecimalField)
    not_zero = r"(?!0+(\.0+)?$)" if field.min_value else ""
    return rf"^{not_zero}{'-?' if is_signed else ''}[0-9]{{1,{whole}}}(\.[0-9]{{1,{places}}})?$"


@contextmanager
def own_schema_class() -> Iterator[None]:
    """Let drf-spectacular take Schema where it would take the project's default class of schemas."""
    shared: Any = api_settings
    default = shared.DEFAULT_SCHEMA_CLASS
    shared.DEFAULT_SCHEMA_CLASS = Schema
    try:
        yield
    finally:
        shared.DEFAULT_SCHEMA_CLASS = default


def extend_schema(**options: Any) -> Callable[[Any], Any]:
    """Return drf-spectacular's decorator of that name, which extends Schema."""
    extend = extend_default_schema(**options)

    def decorate(view: Any) -> Any:
        with own_schema_class():
            return extend(view)

    return decorate
