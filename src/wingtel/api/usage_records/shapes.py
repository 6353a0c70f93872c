"""Usage records that are sent, their outcomes and conflicts, for the schema."""

from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from wingtel.api.common import examples
from wingtel.api.common.fields import (
    CurrencyField,
    MoneyField,
)
from wingtel.ingest.answers import conflict_answers
from wingtel.ingest.models import UsageConflict
from wingtel.usage.models import UsageType
from wingtel.usage.ranges import LARGEST_QUANTITY, PRICE_DECIMALS, PRICE_DIGITS

from .bodies import MOST_RECORDS


class RecordOriginShape(serializers.Serializer[Any]):
    """The origin of a raw record: the file and line of an import, or the index in a request."""

    import_id = serializers.IntegerField(required=False)
    file = serializers.CharField(required=False)
    line = serializers.IntegerField(required=False, help_text="Counted from 1; in Parquet, the row.")
    request_id = serializers.CharField(required=False)
    index = serializers.IntegerField(required=False, help_text="Counted from 0.")


class ConflictListSerializer(serializers.ListSerializer[UsageConflict]):
    """Many conflicts, with their origins looked up together."""

    def to_representation(self, data: Any) -> list[dict[str, Any]]:
        return conflict_answers(list(data))


@examples.example(answered=examples.CONFLICT)
class ConflictSerializer(serializers.ModelSerializer[UsageConflict]):
    """A record with the key of a stored one and another amount."""

    subscription_id = serializers.IntegerField()
    currency = CurrencyField(read_only=True)
    origin = RecordOriginShape(allow_null=True)

    class Meta:
        model = UsageConflict
        list_serializer_class = ConflictListSerializer
        fields = (
            *("id", "subscription_id", "usage_type", "record_id", "usage_date", "stored_quantity", "stored_price"),
            *("quantity", "price", "currency", "detected_at", "origin"),
        )


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
