"""Plans, purchases and subscriptions as the API shows them and takes them in."""

from typing import Any

from rest_framework import serializers

from wingtel.subscriptions.models import Plan, Purchase, Subscription

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


class KnownFieldsSerializer(serializers.ModelSerializer[Any]):
    """Refuses fields it does not know, since a misspelt one would be lost silently."""

    def to_internal_value(self, data: Any) -> Any:
        unknown = sorted(set(data) - set(self.fields)) if isinstance(data, dict) else []
        if unknown:
            rule = f"unknown; the fields known here: {', '.join(self.fields)}"
            raise serializers.ValidationError({name: [rule] for name in unknown})
        return super().to_internal_value(data)


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
