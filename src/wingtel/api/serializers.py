"""Plans, purchases, subscriptions, adjustments and proofs as the API shows them and takes them in."""

from typing import Any

from django.db import models
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from wingtel.ingest.answers import conflict_answers
from wingtel.ingest.models import UsageConflict
from wingtel.keys.access import Access
from wingtel.lifecycle.adjusting import LONGEST_ACTOR, LONGEST_REASON
from wingtel.lifecycle.answers import adjustment_answer, day_answer
from wingtel.lifecycle.models import Reconciliation
from wingtel.subscriptions import carriers
from wingtel.subscriptions.identifiers import Kind
from wingtel.subscriptions.models import COLUMNS, Carrier, Plan, Purchase, Subscription
from wingtel.usage.models import UsageAdjustment, UsageDay
from wingtel.usage.ranges import LARGEST_QUANTITY

from . import examples
from .errors import Conflict
from .fields import (
    CurrencyField,
    DayField,
    ExactDecimalField,
    FlagField,
    IdentifierField,
    IdField,
    MomentField,
    MoneyField,
    TextField,
    WholeNumberField,
)

SUBSCRIPTION_FIELDS = (
    "id",
    "carrier",
    "status",
    "owner",
    "plan",
    *COLUMNS.values(),
    "phone_model",
    "effective_date",
    "created_at",
    "updated_at",
)


class KnownFields(serializers.Serializer[Any]):
    """A serializer that refuses fields it does not know, since a misspelt one would be lost silently."""

    def to_internal_value(self, data: Any) -> Any:
        unknown = sorted(set(data) - set(self.fields)) if isinstance(data, dict) else []
        if unknown:
            rule = f"unknown; the fields known here: {', '.join(self.fields)}"
            raise serializers.ValidationError({name: [rule] for name in unknown})
        return super().to_internal_value(data)


class KnownFieldsSerializer(KnownFields, serializers.ModelSerializer[Any]):
    """The same of a model."""

    serializer_related_field = IdField
    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.CharField: TextField,
        models.TextField: TextField,
        models.BigIntegerField: WholeNumberField,
        models.BooleanField: FlagField,
        models.DecimalField: ExactDecimalField,
        models.DateTimeField: MomentField,
        models.DateField: DayField,
    }


def caller_s_carrier(of: serializers.Field[Any, Any, Any, Any]) -> str | None:
    """Return the carrier that the caller is limited to."""
    request = of.context.get("request")
    return request.auth.carrier if request is not None and isinstance(request.auth, Access) else None


class SubscriptionField(IdField):
    """The id of a subscription; to a caller limited to a carrier, those of others do not exist."""

    def get_queryset(self) -> QuerySet[Subscription] | None:
        found: QuerySet[Subscription] | None = super().get_queryset()
        carrier = caller_s_carrier(self)
        return found.filter(carrier=carrier) if found is not None and carrier else found


@examples.example(examples.PLAN, {"id": 1, **examples.PLAN, **examples.TIMES})
class PlanSerializer(KnownFieldsSerializer):
    """A product that subscriptions are sold as."""

    currency = CurrencyField(required=False)

    class Meta:
        model = Plan
        fields = ("id", "name", "price", "currency", "data_available", "created_at", "updated_at")


@examples.example(examples.PURCHASE, {"id": 1, **examples.PURCHASE, **examples.TIMES})
class PurchaseSerializer(KnownFieldsSerializer):
    """A payment asked of a user, for a subscription or for something else: of one of them at least."""

    subscription = SubscriptionField(queryset=Subscription.objects.current(), required=False, allow_null=True)
    currency = CurrencyField(required=False)

    class Meta:
        model = Purchase
        fields = (
            *("id", "user", "subscription", "status", "amount", "currency", "payment_date"),
            *("created_at", "updated_at"),
        )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a purchase of nobody, and one without a subscription to a caller who is limited to a carrier."""
        user, subscription = (
            attrs[name] if name in attrs else getattr(self.instance, name, None) for name in ("user", "subscription")
        )
        if not subscription and caller_s_carrier(self):
            raise serializers.ValidationError({"subscription": ["needed of a caller who is limited to a carrier"]})
        if not subscription and not user:
            raise serializers.ValidationError({"user": ["a purchase has a user, a subscription or both"]})
        return attrs


class SubscriptionSerializer(KnownFieldsSerializer):
    """A line, with its current identifiers and plan. What is written begins now, what was there ends."""

    phone_number = IdentifierField(Kind.MSISDN)
    imsi = IdentifierField(Kind.IMSI)
    iccid = IdentifierField(Kind.ICCID)
    device_id = IdentifierField(Kind.DEVICE_ID)
    external_id = IdentifierField(Kind.EXTERNAL_ID, help_text="The reference of another system.")


class CarrierField(TextField):
    """The code of a carrier; a caller limited to one may name no other."""

    def to_internal_value(self, data: Any) -> str:
        code = super().to_internal_value(data)
        try:
            carriers.check(code)
        except carriers.UnknownCarrierError as error:
            raise serializers.ValidationError(str(error)) from error
        if caller_s_carrier(self) not in (None, code):
            raise serializers.ValidationError("another carrier than the caller is limited to")
        return code


@examples.example(
    {"carrier": "att", **examples.ATT}, {"id": 7, "carrier": "att", **examples.ATT, "sprint_id": "", **examples.TIMES}
)
class AnySubscriptionSerializer(SubscriptionSerializer):
    """A line with any carrier, with which it stays."""

    carrier = CarrierField(max_length=10, help_text="The code of its carrier, such as att; it cannot be changed.")

    class Meta:
        model = Subscription
        fields = (*SUBSCRIPTION_FIELDS, "network_type", "sprint_id")

    def validate_carrier(self, code: str) -> str:
        """Let a subscription stay with its carrier."""
        if isinstance(self.instance, Subscription) and code != self.instance.carrier:
            raise Conflict(f"A subscription stays with its carrier, which is {self.instance.carrier}.")
        return code


@examples.example(examples.CARRIER, examples.CARRIER)
class CarrierSerializer(KnownFieldsSerializer):
    """A network that carries subscriptions and sends their usage records."""

    class Meta:
        model = Carrier
        fields = ("code", "name", "country")

    def validate_code(self, code: str) -> str:
        """Let a carrier keep its code."""
        if isinstance(self.instance, Carrier) and code != self.instance.code:
            raise Conflict(f"A carrier keeps its code, which is {self.instance.code}.")
        return code


@examples.example(examples.ATT, {"id": 7, "carrier": "att", **examples.ATT, **examples.TIMES})
class AttSubscriptionSerializer(SubscriptionSerializer):
    """A line with AT&T."""

    class Meta:
        model = Subscription
        fields = (*SUBSCRIPTION_FIELDS, "network_type")
        read_only_fields = ("carrier",)


@examples.example(examples.SPRINT, {"id": 8, "carrier": "sprint", **examples.SPRINT, **examples.TIMES})
class SprintSubscriptionSerializer(SubscriptionSerializer):
    """A line with Sprint."""

    class Meta:
        model = Subscription
        fields = (*SUBSCRIPTION_FIELDS, "sprint_id")
        read_only_fields = ("carrier",)


@examples.example(examples.ADJUSTMENT, {"id": 1, **examples.ADJUSTMENT, **examples.ADJUSTMENT_MADE})
class AdjustmentSerializer(KnownFieldsSerializer):
    """A signed correction of what one subscription used and paid on one business day."""

    subscription_id = SubscriptionField(
        queryset=Subscription.objects.all(), source="subscription", help_text="May have been deleted."
    )
    unit = serializers.ChoiceField(choices=["kilobytes", "seconds"], read_only=True, help_text="The unit of used.")
    used = WholeNumberField(
        min_value=-LARGEST_QUANTITY, max_value=LARGEST_QUANTITY, default=0, help_text="Kilobytes or seconds."
    )
    currency = CurrencyField(required=False)
    reason = TextField(max_length=LONGEST_REASON, help_text="Why, for whoever asks later.")
    actor = TextField(max_length=LONGEST_ACTOR, help_text="Who made it.")
    reversed_by = serializers.IntegerField(read_only=True, allow_null=True, help_text="The adjustment that did.")

    class Meta:
        model = UsageAdjustment
        fields = (
            *("id", "subscription_id", "usage_type", "unit", "day", "used", "price", "currency", "reason", "actor"),
            *("created_at", "reverses", "reversed_by"),
        )
        read_only_fields = ("created_at", "reverses")

    def to_representation(self, instance: UsageAdjustment) -> dict[str, Any]:
        return adjustment_answer(instance)


@examples.example(examples.REVERSAL)
class ReversalSerializer(KnownFields):
    """The reason why an adjustment is reversed, and the actor."""

    reason = TextField(max_length=LONGEST_REASON, help_text="Why, for whoever asks later.")
    actor = TextField(max_length=LONGEST_ACTOR, help_text="Who made it.")


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
