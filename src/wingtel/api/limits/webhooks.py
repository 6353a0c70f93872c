"""The events that are posted to webhook endpoints, for the schema."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import OpenApiResponse, OpenApiWebhook

from wingtel.api.common.openapi import extend_schema
from wingtel.limits.models import Delivery
from wingtel.limits.serialization import AlertEvent

_ACCEPTED = OpenApiResponse(description="Taken. Any other status, or none in time, and it is tried again.")


def _unversioned(decorate: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a decorator of the stand-in for a receiver, which has no versions whatever those of the project's API."""

    def decorate_unversioned(view: Any) -> Any:
        view.versioning_class = None
        return decorate(view)

    return decorate_unversioned


def _webhook(event: Delivery.Event, summary: str) -> OpenApiWebhook:
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


ALERT_OPENED = _webhook(Delivery.Event.OPENED, "A subscription reached a threshold of a limit")
ALERT_RESOLVED = _webhook(Delivery.Event.RESOLVED, "A threshold of a limit is not reached any more")
