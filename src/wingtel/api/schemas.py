"""Shapes of answers and problems, for the schema alone."""

from http import HTTPStatus
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema_field
from rest_framework import serializers

from wingtel.aggregates.queries import Granularity
from wingtel.aggregates.questions import PRICE_LIMIT_RULE
from wingtel.exports.formats import Format
from wingtel.usage.models import UsageType
from wingtel.usage.ranges import LARGEST_QUANTITY, PRICE_DECIMALS, PRICE_DIGITS

from . import examples, negotiation
from .errors import PROBLEM_JSON
from .fields import CurrencyField, MoneyField
from .record_bodies import MOST_RECORDS
from .serializers import AdjustmentSerializer, DaySerializer, RecordOriginShape

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


class ExceededLimitShape(serializers.Serializer[Any]):
    """A usage type whose total price reached the limit."""

    usage_type = serializers.ChoiceField(choices=UsageType.choices)
    total_price = MoneyField()
    exceeded_by = MoneyField()


class NamedSubscriptionShape(serializers.Serializer[Any]):
    """The subscription that a result or an answer is of."""

    subscription_id = serializers.IntegerField()
    phone_number = serializers.CharField(help_text="The one that it has now, in E.164; empty where it has none.")
    external_id = serializers.CharField(help_text="The one that it has now; empty where it has none.")


class ExceedingSubscriptionShape(NamedSubscriptionShape):
    """A subscription that reached the limit, its largest excess first."""

    exceeded = ExceededLimitShape(many=True)


class AnswerShape(serializers.Serializer[Any]):
    """Fields of all answers."""

    currency = CurrencyField(read_only=True)
    to = serializers.DateField(allow_null=True)
    as_of = serializers.DateTimeField(help_text="The moment, in UTC, that the answer is true of.")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {"from": serializers.DateField(allow_null=True), **super().get_fields()}


class PageShape(AnswerShape):
    """Fields of all pages."""

    next = serializers.URLField(allow_null=True, help_text="The following page, null on the last.")


class ExceedingShape(PageShape):
    """A page of the subscriptions that reached a limit."""

    price_limit = MoneyField()
    results = ExceedingSubscriptionShape(many=True)


class UsageShape(serializers.Serializer[Any]):
    """Usage and price of one usage type."""

    usage_type = serializers.ChoiceField(choices=UsageType.choices)
    unit = serializers.ChoiceField(choices=["kilobytes", "seconds"], help_text="The unit of total_usage.")
    total_price = MoneyField()
    total_usage = serializers.IntegerField()
    records = serializers.IntegerField(help_text="How many usage records that is.")


class MetricShape(NamedSubscriptionShape, UsageShape):
    """Usage and price of a subscription for one usage type."""


class MetricsShape(PageShape):
    """A page of what subscriptions used and paid."""

    results = MetricShape(many=True)


class SeriesPointShape(UsageShape):
    """Usage of one day, or of the part of one month that lies in the period."""

    start = serializers.DateField(help_text="Its first day.")


class SeriesShape(NamedSubscriptionShape, AnswerShape):
    """Usage and price of one subscription, by day or month."""

    granularity = serializers.ChoiceField(choices=[grain.value for grain in Granularity])
    results = SeriesPointShape(many=True)


class UsageRecordShape(serializers.Serializer[Any]):
    """One usage record. Its subscription is named by the identifier that `lookup` says."""

    record_id = serializers.CharField(
        required=False, max_length=100, help_text="The carrier's reference; a record that has the same is a duplicate."
    )
    usage_type = serializers.ChoiceField(choices=UsageType.choices)
    usage_date = serializers.DateTimeField(help_text="The moment, ISO 8601 with its offset from UTC.")
    subscription_id = serializers.IntegerField(required=False, help_text="Where lookup is id.")
    phone_number = serializers.CharField(required=False, help_text="Where lookup is phone_number; in any form.")
    imsi = serializers.CharField(required=False, help_text="Where lookup is imsi.")
    iccid = serializers.CharField(required=False, help_text="Where lookup is iccid.")
    device_id = serializers.CharField(required=False, help_text="Where lookup is device_id.")
    external_id = serializers.CharField(required=False, help_text="Where lookup is external_id.")
    quantity = serializers.IntegerField(
        min_value=0, max_value=LARGEST_QUANTITY, help_text="Kilobytes of data, or seconds of voice."
    )
    price = serializers.DecimalField(
        max_digits=PRICE_DIGITS,
        decimal_places=PRICE_DECIMALS,
        required=False,
        help_text="An exact decimal; needed where the server has no tariff.",
    )


USAGE_RECORDS = {
    "type": "array",
    "maxItems": MOST_RECORDS,
    "items": {
        "anyOf": [{"$ref": "#/components/schemas/UsageRecordRequest"}, {}],
        "description": "What is no usage record is rejected by itself, in the reply.",
    },
}
"""The body of a request to record usage."""


class RejectionShape(serializers.Serializer[Any]):
    """A record that was not ingested."""

    index = serializers.IntegerField(help_text="Its place in the request, counted from 0.")
    field = serializers.CharField(allow_null=True, help_text="The field at fault; null for the record itself.")
    reason = serializers.CharField()


class IngestConflictShape(serializers.Serializer[Any]):
    """A record whose key is stored with another amount."""

    index = serializers.IntegerField(help_text="Its place in the request, counted from 0.")
    stored_quantity = serializers.IntegerField()
    stored_price = MoneyField()


class IngestedShape(serializers.Serializer[Any]):
    """Outcomes of the records: accepted + duplicate + conflict + rejected are as many as there were."""

    records = serializers.IntegerField(help_text="How many there were.")
    accepted = serializers.IntegerField(help_text="Stored and counted.")
    duplicate = serializers.IntegerField(help_text="There already; nothing changed.")
    conflict = serializers.IntegerField(help_text="There already, with another amount; nothing changed.")
    rejected = serializers.IntegerField()
    currency = CurrencyField(read_only=True)
    conflicts = IngestConflictShape(many=True)
    rejections = RejectionShape(many=True)


@examples.example(answered={"status": "ok", "redis": "ok", "background": "ok"})
class HealthShape(serializers.Serializer[Any]):
    """The server and its database answer. `degraded`: background work does not go on; answers are right still."""

    status = serializers.ChoiceField(choices=["ok", "degraded"])
    redis = serializers.ChoiceField(choices=["ok", "unreachable", "not configured"])
    background = serializers.ChoiceField(
        choices=["ok", "stalled", "not running"],
        help_text="Whether tasks run: `stalled` when none has for a minute, `not running` when none ever did.",
    )


class RecordedSumsShape(serializers.Serializer[Any]):
    """Sums of raw records, or of these and adjustments."""

    used = serializers.IntegerField()
    price = MoneyField()
    records = serializers.IntegerField()


class AdjustedSumsShape(serializers.Serializer[Any]):
    """Sums of adjustments."""

    used = serializers.IntegerField()
    price = MoneyField()
    adjustments = serializers.IntegerField()


class RawRecordShape(serializers.Serializer[Any]):
    """A raw record."""

    record_id = serializers.CharField()
    usage_date = serializers.DateTimeField()
    used = serializers.IntegerField()
    price = MoneyField()
    origin = RecordOriginShape(allow_null=True)


class ExplainedTypeShape(serializers.Serializer[Any]):
    """Parts of the total of one usage type: recorded + adjusted = total."""

    usage_type = serializers.ChoiceField(choices=UsageType.choices)
    unit = serializers.CharField()
    recorded = RecordedSumsShape()
    adjusted = AdjustedSumsShape()
    total = RecordedSumsShape()
    adds_up = serializers.BooleanField(allow_null=True)
    records = RawRecordShape(many=True)
    adjustments = AdjustmentSerializer(many=True)


@examples.example(answered=examples.EXPLANATION)
class ExplanationShape(NamedSubscriptionShape):
    """Parts of the total of a subscription's day."""

    currency = CurrencyField(read_only=True)
    day = DaySerializer()
    as_of = serializers.DateTimeField()
    records_gone = serializers.BooleanField()
    adds_up = serializers.BooleanField(allow_null=True)
    usage_types = ExplainedTypeShape(many=True)


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


def files(shape: type[serializers.Serializer[Any]]) -> dict[Any, Any]:
    """The responses of an answer that is JSON of `shape` or a file, for `extend_schema`."""
    told = "A page in JSON, or a file of every result, whose moment is in the header Wingtel-As-Of."
    return {(200, negotiation.JSON): shape} | whole_files(told)


def whole_files(told: str) -> dict[Any, Any]:
    """Return the responses of an answer that is a file, for `extend_schema`."""
    return {
        (200, form.media_type): OpenApiResponse(
            OpenApiTypes.BINARY if form is Format.PARQUET else OpenApiTypes.STR, told
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

EXCEEDING_EXAMPLE = OpenApiExample(
    "One subscription over 25.00 on data",
    response_only=True,
    status_codes=["200"],
    media_type=negotiation.JSON,
    value={
        "price_limit": "25.00",
        "currency": "USD",
        "from": None,
        "to": None,
        "as_of": "2026-07-01T09:30:00.123456Z",
        "next": None,
        "results": [
            {
                "subscription_id": 7,
                "phone_number": "+12025550100",
                "external_id": "crm-100200",
                "exceeded": [{"usage_type": "data", "total_price": "31.2000", "exceeded_by": "6.2000"}],
            }
        ],
    },
)
METRICS_EXAMPLE = OpenApiExample(
    "One subscription in June",
    response_only=True,
    status_codes=["200"],
    media_type=negotiation.JSON,
    value={
        "currency": "USD",
        "from": "2026-06-01",
        "to": "2026-06-30",
        "as_of": "2026-07-01T09:30:00.123456Z",
        "next": None,
        "results": [
            {
                "subscription_id": 7,
                "phone_number": "+12025550100",
                "external_id": "crm-100200",
                "usage_type": "data",
                "unit": "kilobytes",
                "total_price": "12.3000",
                "total_usage": 123456,
                "records": 17,
            }
        ],
    },
)
SERIES_EXAMPLE = OpenApiExample(
    "One day of calls",
    response_only=True,
    status_codes=["200"],
    media_type=negotiation.JSON,
    value={
        "subscription_id": 7,
        "phone_number": "+12025550100",
        "external_id": "crm-100200",
        "currency": "USD",
        "from": "2026-06-01",
        "to": "2026-06-30",
        "granularity": "day",
        "as_of": "2026-07-01T09:30:00.123456Z",
        "results": [
            {
                "start": "2026-06-03",
                "usage_type": "voice",
                "unit": "seconds",
                "total_price": "1.5000",
                "total_usage": 340,
                "records": 3,
            }
        ],
    },
)
INVALID_PARAMETER_EXAMPLE = OpenApiExample(
    "A limit that is no number",
    response_only=True,
    status_codes=["400"],
    media_type=PROBLEM_JSON,
    value={
        "type": "/problems/invalid-parameter",
        "title": "Invalid parameter",
        "status": 400,
        "detail": "Mend the query parameters named in errors: price_limit.",
        "errors": [
            {
                "parameter": "price_limit",
                "rule": PRICE_LIMIT_RULE,
                "value": "1e5",
            }
        ],
        "request_id": REQUEST_ID,
    },
)
USAGE_RECORDS_EXAMPLE = OpenApiExample(
    "A data session",
    request_only=True,
    value=[
        {
            "record_id": "att-20260301-000001",
            "usage_type": "data",
            "usage_date": "2026-03-01T09:30:00Z",
            "subscription_id": 7,
            "quantity": 20480,
            "price": "0.3000",
        }
    ],
)
INGESTED_EXAMPLE = OpenApiExample(
    "Two accepted, one rejected",
    response_only=True,
    status_codes=["200"],
    value={
        "records": 3,
        "accepted": 2,
        "duplicate": 0,
        "conflict": 0,
        "rejected": 1,
        "currency": "USD",
        "conflicts": [],
        "rejections": [{"index": 1, "field": "subscription_id", "reason": "unknown subscription id 9000"}],
    },
)
