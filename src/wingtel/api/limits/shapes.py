"""Request bodies of limits and webhook endpoints."""

from wingtel.api.common import examples
from wingtel.api.common.fields import CurrencyField
from wingtel.api.common.serializers import KnownFieldsSerializer
from wingtel.limits.models import PriceLimit
from wingtel.limits.serialization import Limit
from wingtel.notifications.models import WebhookEndpoint
from wingtel.notifications.serialization import Endpoint


@examples.example(examples.LIMIT)
class LimitSerializer(KnownFieldsSerializer):
    """A standing price limit to create."""

    response_shape = Limit
    currency = CurrencyField(required=False)

    class Meta:
        model = PriceLimit
        fields = (
            *("name", "plan", "subscription", "usage_type", "period", "amount", "currency", "thresholds", "emails"),
            "starts",
        )
        extra_kwargs = {"usage_type": {"allow_blank": False}}  # null means all usage types


@examples.example(examples.ENDPOINT)
class EndpointSerializer(KnownFieldsSerializer):
    """A webhook endpoint to add."""

    response_shape = Endpoint

    class Meta:
        model = WebhookEndpoint
        fields = ("url", "description", "enabled")
