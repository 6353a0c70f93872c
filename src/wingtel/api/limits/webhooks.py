"""Events that are posted to webhook endpoints, for the schema."""

from drf_spectacular.utils import OpenApiResponse, OpenApiWebhook, extend_schema

from wingtel.limits.models import Delivery
from wingtel.limits.serialization import AlertEvent

_ACCEPTED = OpenApiResponse(
    description="Accepted. After any other status, or none in time, the delivery is tried again."
)


def _webhook(event: Delivery.Event, summary: str) -> OpenApiWebhook:
    return OpenApiWebhook(
        event.value,
        extend_schema(
            operation_id=event.value.replace(".", "_"),
            summary=summary,
            description="Signed as the Standard Webhooks specification says: verify `webhook-signature` by the secret "
            "of the endpoint. The same event has the same `webhook-id`, however often it is sent.",
            tags=["webhooks"],
            request=AlertEvent,
            responses={"2XX": _ACCEPTED},
        ),
    )


ALERT_OPENED = _webhook(Delivery.Event.OPENED, "A subscription reached a threshold of a limit")
ALERT_RESOLVED = _webhook(Delivery.Event.RESOLVED, "A threshold of a limit is not reached any more")
