"""Request bodies of limits and webhook endpoints, and the events that are posted to the endpoints."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import OpenApiResponse, OpenApiWebhook

from wingtel.api.common import examples
from wingtel.api.common.fields import CurrencyField
from wingtel.api.common.openapi import extend_schema
from wingtel.api.common.serializers import KnownFieldsSerializer
from wingtel.limits.models import AlertEventType, PriceLimit
from wingtel.limits.serialization import AlertEvent, Limit
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


_ACCEPTED = OpenApiResponse(
    description="Accepted. After any other status, or none in time, the delivery is tried again."
)


def _unversioned(decorate: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a decorator of the stand-in for a receiver, which has no versions whatever those of the project's API."""

    def decorate_unversioned(view: Any) -> Any:
        view.versioning_class = None
        return decorate(view)

    return decorate_unversioned


def _webhook(event: AlertEventType, summary: str) -> OpenApiWebhook:
    return OpenApiWebhook(
        event.value,
        _unversioned(
            extend_schema(
                operation_id=event.value.replace(".", "_"),
                summary=summary,
                description="Signed as the Standard Webhooks specification says: verify `webhook-signature` by the "
                "secret of the endpoint. The same event has the same `webhook-id`, however often it is sent.",
                tags=["webhooks"],
                request=AlertEvent,
                responses={"2XX": _ACCEPTED},
            )
        ),
    )


ALERT_OPENED = _webhook(AlertEventType.OPENED, "A subscription reached a threshold of a limit")
ALERT_RESOLVED = _webhook(AlertEventType.RESOLVED, "A threshold of a limit is not reached any more")
