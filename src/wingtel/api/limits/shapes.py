"""Limits, alerts and webhooks as the API shows them and takes them in."""

from typing import Any

from rest_framework import serializers

from wingtel.api.common import examples
from wingtel.api.common.fields import CurrencyField, MoneyField
from wingtel.api.common.serializers import KnownFieldsSerializer
from wingtel.limits.addresses import RefusedAddressError, check_url
from wingtel.limits.answers import alert_answer, delivery_answer, endpoint_answer, limit_answer
from wingtel.limits.keeping import tidy_levels
from wingtel.limits.models import Alert, Delivery, PriceLimit, WebhookEndpoint

_ENDPOINT_FIELDS: tuple[str, ...] = (
    *("id", "url", "description", "enabled", "disabled_because", "previous_until", "created_at"),
)


@examples.example(examples.LIMIT, {"id": 1, **examples.LIMIT, **examples.LIMIT_MADE})
class LimitSerializer(KnownFieldsSerializer):
    currency = CurrencyField(required=False)

    class Meta:
        model = PriceLimit
        fields = (
            *("id", "name", "plan", "subscription", "usage_type", "per", "amount", "currency", "warn_at", "emails"),
            *("starts", "pending", "created_at"),
        )
        read_only_fields = ("pending", "created_at")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        plan, subscription = (
            attrs[name] if name in attrs else getattr(self.instance, name, None) for name in ("plan", "subscription")
        )
        if plan and subscription:
            raise serializers.ValidationError({"plan": ["a limit is that of a plan or of a subscription, not of both"]})
        return attrs

    def validate_warn_at(self, levels: list[int]) -> list[int]:
        return tidy_levels(levels)

    def to_representation(self, instance: PriceLimit) -> dict[str, Any]:
        return limit_answer(instance)


@examples.example(answered=examples.ALERT)
class AlertSerializer(serializers.ModelSerializer[Alert]):
    limit_id = serializers.IntegerField(read_only=True)
    subscription_id = serializers.IntegerField(read_only=True)
    phone_number = serializers.CharField(
        read_only=True, help_text="The one that the subscription has now, in E.164; empty where it has none."
    )
    external_id = serializers.CharField(
        read_only=True, help_text="The one that the subscription has now; empty where it has none."
    )
    state = serializers.ChoiceField(choices=["open", "recovered"], read_only=True)
    price = MoneyField(help_text="The total when it was found to have reached the level.")
    currency = CurrencyField(read_only=True)
    recovered_price = MoneyField(allow_null=True, help_text="Null also where the limit does not apply any more.")

    class Meta:
        model = Alert
        fields = (
            *("id", "limit_id", "subscription_id", "phone_number", "external_id", "usage_type", "per", "first", "last"),
            *("level", "threshold", "price", "currency", "state", "raised_at", "recovered_at", "recovered_price"),
        )

    def to_representation(self, instance: Alert) -> dict[str, Any]:
        return alert_answer(instance)


@examples.example(examples.ENDPOINT, {"id": 1, **examples.ENDPOINT, **examples.ENDPOINT_MADE})
class EndpointSerializer(KnownFieldsSerializer):
    class Meta:
        model = WebhookEndpoint
        fields = _ENDPOINT_FIELDS
        read_only_fields = ("disabled_because", "previous_until", "created_at")

    def validate_url(self, url: str) -> str:
        try:
            check_url(url)
        except RefusedAddressError as error:
            raise serializers.ValidationError(str(error)) from error
        return url

    def to_representation(self, instance: WebhookEndpoint) -> dict[str, Any]:
        return endpoint_answer(instance)


@examples.example(answered={"id": 1, **examples.ENDPOINT, **examples.ENDPOINT_MADE, **examples.SECRET})
class EndpointWithSecretSerializer(EndpointSerializer):
    secret = serializers.CharField(
        read_only=True, help_text="whsec_ and the key in base64. Keep it: it is not shown again."
    )

    class Meta(EndpointSerializer.Meta):
        fields = (*_ENDPOINT_FIELDS, "secret")


@examples.example(answered=examples.DELIVERY)
class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    alert_id = serializers.IntegerField(read_only=True)
    endpoint_id = serializers.IntegerField(read_only=True, allow_null=True)
    email = serializers.EmailField(read_only=True, allow_null=True)
    due_at = serializers.DateTimeField(read_only=True, allow_null=True, help_text="When it is tried next.")

    class Meta:
        model = Delivery
        fields = (
            *("id", "alert_id", "event", "endpoint_id", "email", "state", "attempts", "due_at", "created_at"),
            *("delivered_at", "response_status", "error"),
        )

    def to_representation(self, instance: Delivery) -> dict[str, Any]:
        return delivery_answer(instance)
