"""Request and response bodies of purchases."""

from typing import Any

from rest_framework import serializers

from wingtel.api.common import examples
from wingtel.api.common.fields import (
    CurrencyField,
)
from wingtel.api.common.serializers import KnownFieldsSerializer, SubscriptionField, carrier_of_caller
from wingtel.subscriptions.models import Purchase, Subscription


@examples.example(examples.PURCHASE, {"id": 1, **examples.PURCHASE, **examples.TIMES})
class PurchaseSerializer(KnownFieldsSerializer):
    """A payment requested of a user, for a subscription or something else. It has a user, a subscription or both."""

    subscription = SubscriptionField(queryset=Subscription.objects.current(), required=False, allow_null=True)
    currency = CurrencyField(required=False)

    class Meta:
        model = Purchase
        fields = (
            *("id", "user", "subscription", "status", "amount", "currency", "payment_date"),
            *("created_at", "updated_at"),
        )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Reject a purchase without user and subscription. A caller limited to a carrier needs a subscription."""
        user, subscription = (
            attrs[name] if name in attrs else getattr(self.instance, name, None) for name in ("user", "subscription")
        )
        if not subscription and carrier_of_caller(self):
            raise serializers.ValidationError({"subscription": ["needed of a caller who is limited to a carrier"]})
        if not subscription and not user:
            raise serializers.ValidationError({"user": ["a purchase has a user, a subscription or both"]})
        return attrs
