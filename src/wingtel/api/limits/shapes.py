"""Limits and webhook endpoints as the API takes them in."""

from wingtel.api.common import examples
from wingtel.api.common.fields import CurrencyField
from wingtel.api.common.serializers import KnownFieldsSerializer
from wingtel.limits.models import PriceLimit, WebhookEndpoint
from wingtel.limits.serialization import Endpoint, Limit


@examples.example(examples.LIMIT)
class LimitSerializer(KnownFieldsSerializer):
    """A standing price limit to make."""

    answered = Limit
    currency = CurrencyField(required=False)

    class Meta:
        model = PriceLimit
        fields = (
            *("name", "plan", "subscription", "usage_type", "period", "amount", "currency", "thresholds", "emails"),
            "starts",
        )
        extra_kwargs = {"usage_type": {"allow_blank": False}}  # null says it


@examples.example(examples.ENDPOINT)
class EndpointSerializer(KnownFieldsSerializer):
    """A webhook endpoint to add."""

    answered = Endpoint

    class Meta:
        model = WebhookEndpoint
        fields = ("url", "description", "enabled")
