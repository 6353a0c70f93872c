"""Plans, purchases, subscriptions, adjustments and proofs as the API shows them and takes them in."""

from typing import Any

from rest_framework import serializers

from wingtel.lifecycle.answers import adjustment_answer, day_answer
from wingtel.lifecycle.models import Reconciliation
from wingtel.subscriptions.models import Plan, Purchase, Subscription
from wingtel.usage.models import UsageAdjustment, UsageDay

SUBSCRIPTION_FIELDS = (
    "id",
    "carrier",
    "status",
    "owner",
    "plan",
    "device_id",
    "phone_number",
    "phone_model",
    "effective_date",
)


class KnownFields(serializers.Serializer[Any]):
    """Refuses fields it does not know, since a misspelt one would be lost silently."""

    def to_internal_value(self, data: Any) -> Any:
        unknown = sorted(set(data) - set(self.fields)) if isinstance(data, dict) else []
        if unknown:
            rule = f"unknown; the fields known here: {', '.join(self.fields)}"
            raise serializers.ValidationError({name: [rule] for name in unknown})
        return super().to_internal_value(data)


class KnownFieldsSerializer(KnownFields, serializers.ModelSerializer[Any]):
    """The same of a model."""


class PlanSerializer(KnownFieldsSerializer):
    class Meta:
        model = Plan
        fields = ("id", "name", "price", "data_available")


class PurchaseSerializer(KnownFieldsSerializer):
    subscription = serializers.PrimaryKeyRelatedField(queryset=Subscription.objects.current())

    class Meta:
        model = Purchase
        fields = ("id", "subscription", "status", "amount", "payment_date")


class AttSubscriptionSerializer(KnownFieldsSerializer):
    class Meta:
        model = Subscription
        fields = (*SUBSCRIPTION_FIELDS, "network_type")
        read_only_fields = ("carrier",)


class SprintSubscriptionSerializer(KnownFieldsSerializer):
    class Meta:
        model = Subscription
        fields = (*SUBSCRIPTION_FIELDS, "sprint_id")
        read_only_fields = ("carrier",)


class AdjustmentSerializer(KnownFieldsSerializer):
    subscription_id = serializers.PrimaryKeyRelatedField(
        queryset=Subscription.objects.all(), source="subscription", help_text="May have been deleted."
    )
    unit = serializers.CharField(read_only=True, help_text="kilobytes or seconds.")
    reversed_by = serializers.IntegerField(read_only=True, allow_null=True, help_text="The adjustment that did.")

    class Meta:
        model = UsageAdjustment
        fields = (
            *("id", "subscription_id", "usage_type", "unit", "day", "used", "price", "reason", "actor", "created_at"),
            *("reverses", "reversed_by"),
        )
        read_only_fields = ("created_at", "reverses")

    def to_representation(self, instance: UsageAdjustment) -> dict[str, Any]:
        return adjustment_answer(instance)


class ReversalSerializer(KnownFields):
    reason = serializers.CharField(help_text="Why, for whoever asks later.")
    actor = serializers.CharField(help_text="Who made it.")


class DaySerializer(serializers.ModelSerializer[UsageDay]):
    kilobytes_used = serializers.IntegerField(allow_null=True)
    seconds_used = serializers.IntegerField(allow_null=True)

    class Meta:
        model = UsageDay
        fields = (
            *("day", "state", "sealed_at", "expired_at", "reopened", "reopened_at"),
            *("data_records", "kilobytes_used", "data_price", "voice_records", "seconds_used", "voice_price"),
        )

    def to_representation(self, instance: UsageDay) -> dict[str, Any]:
        return day_answer(instance)


class ReconciliationSerializer(serializers.ModelSerializer[Reconciliation]):
    class Meta:
        model = Reconciliation
        fields = (
            *("id", "first", "last", "strategy", "started_at", "finished_at", "keys", "drift_keys", "drift_price"),
            *("repaired", "differences"),
        )
