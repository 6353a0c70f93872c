"""Business days, reconciliations and explanations as the API shows them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from wingtel.api.adjustments.shapes import AdjustmentSerializer
from wingtel.api.common import examples
from wingtel.api.common.fields import (
    CurrencyField,
    MoneyField,
)
from wingtel.api.usage_records.shapes import RecordOriginShape
from wingtel.lifecycle.answers import day_answer
from wingtel.lifecycle.models import Reconciliation
from wingtel.usage.models import UsageDay, UsageType


@examples.example(answered=examples.DAY)
class DaySerializer(serializers.ModelSerializer[UsageDay]):
    """A business day: its state, and the sums it was sealed with."""

    kilobytes_used = serializers.IntegerField(allow_null=True)
    seconds_used = serializers.IntegerField(allow_null=True)
    currency = CurrencyField(read_only=True)

    class Meta:
        model = UsageDay
        fields = (
            *("day", "state", "sealed_at", "expired_at", "reopened", "reopened_at"),
            *("data_records", "kilobytes_used", "data_price", "voice_records", "seconds_used", "voice_price"),
            "currency",
        )

    def to_representation(self, instance: UsageDay) -> dict[str, Any]:
        return day_answer(instance)


_VALUES = {
    "type": ["object", "null"],
    "description": "Null where there is no such key.",
    "properties": {
        "used": {"type": ["integer", "null"], "description": "Kilobytes or seconds."},
        "price": {"type": "string", "description": "An exact decimal."},
        "records": {"type": ["integer", "null"]},
    },
    "required": ["used", "price", "records"],
}


@extend_schema_field(
    {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "grain": {"type": "string", "description": "`day`, `seal of day`, `month`, or the bounds of one."},
                "kind": {"type": "string", "enum": ["missing", "surplus", "differs"]},
                "subscription_id": {"type": ["integer", "null"]},
                "usage_type": {"type": "string"},
                "start": {"type": ["string", "null"], "format": "date"},
                "expected": _VALUES,
                "found": _VALUES,
            },
            "required": ["grain", "kind", "subscription_id", "usage_type", "start", "expected", "found"],
        },
    }
)
class DifferencesField(serializers.JSONField):
    """The first few keys whose aggregates differ from their sources, with both values."""


@examples.example(answered=examples.RECONCILIATION)
class ReconciliationSerializer(serializers.ModelSerializer[Reconciliation]):
    """One comparison of the aggregates with their sources."""

    drift_price = MoneyField(help_text="Sum of how much daily prices are off, without sign.")
    currency = CurrencyField(read_only=True)
    differences = DifferencesField(read_only=True)

    class Meta:
        model = Reconciliation
        fields = (
            *("id", "first", "last", "strategy", "started_at", "finished_at", "keys", "drift_keys", "drift_price"),
            *("currency", "repaired", "differences"),
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


class NamedSubscriptionShape(serializers.Serializer[Any]):
    """The subscription that a result or an answer is of."""

    subscription_id = serializers.IntegerField()
    phone_number = serializers.CharField(help_text="The one that it has now, in E.164; empty where it has none.")
    external_id = serializers.CharField(help_text="The one that it has now; empty where it has none.")


@examples.example(answered=examples.EXPLANATION)
class ExplanationShape(NamedSubscriptionShape):
    """Parts of the total of a subscription's day."""

    currency = CurrencyField(read_only=True)
    day = DaySerializer()
    as_of = serializers.DateTimeField()
    records_gone = serializers.BooleanField()
    adds_up = serializers.BooleanField(allow_null=True)
    usage_types = ExplainedTypeShape(many=True)
