"""Endpoints, deliveries and events as the API, the commands and the webhooks show them."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from wingtel.aggregates.shapes import Timestamp
from wingtel.limits.models import AlertEventType
from wingtel.limits.serialization import AlertEvent, AlertOfLimit, Event, alert_answer
from wingtel.shapes import one_of

from .models import Delivery as DeliveryRow
from .models import WebhookEndpoint


class Endpoint(Struct):
    """A webhook endpoint, without its secret."""

    id: int
    url: Annotated[str, Meta(examples=["https://example.org/hook"], extra_json_schema={"format": "uri"})]
    description: Annotated[str, Meta(examples=["billing"])]
    enabled: Annotated[bool, Meta(description="Deliveries that are due wait while it is not.")]
    disabled_because: Annotated[str, Meta(examples=[""])]
    previous_until: Annotated[Timestamp | None, Meta(description="Until then, the secret before signs too.")]
    created_at: Timestamp


class EndpointWithSecret(Endpoint):
    """A webhook endpoint with its new secret."""

    secret: Annotated[
        str,
        Meta(
            description="whsec_ and the key in base64. Keep it: it is not shown again.",
            examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        ),
    ]


class Delivery(Struct):
    """An event on its way to an endpoint or an e-mail address."""

    id: int
    alert_id: int
    event: Event
    endpoint_id: int | None
    email: str | None
    state: Annotated[str, one_of(DeliveryRow.State.values, "Due, or waiting to be tried again; delivered; given up.")]
    attempts: Annotated[int, Meta(description="Since it was made, or last replayed.")]
    due_at: Annotated[Timestamp | None, Meta(description="When it is tried next.")]
    created_at: Timestamp
    delivered_at: Timestamp | None
    response_status: Annotated[int | None, Meta(examples=[204])]
    error: Annotated[str, Meta(description="The reason why the last attempt failed.", examples=[""])]


def event_answer(delivery: DeliveryRow) -> AlertEvent:
    """Return the event of a delivery: its type, its timestamp, and the alert as it was then."""
    alert, data = delivery.alert, alert_answer(delivery.alert)
    timestamp: datetime | None = alert.resolved_at
    if delivery.event == AlertEventType.OPENED or timestamp is None:
        data = msgspec.structs.replace(data, state="open", resolved_at=None, resolved_price=None)
        timestamp = alert.opened_at
    event_alert = AlertOfLimit(**msgspec.structs.asdict(data), limit=alert.price_limit.name)
    return AlertEvent(type=delivery.event, timestamp=timestamp, data=event_alert)


def endpoint_answer(endpoint: WebhookEndpoint) -> Endpoint:
    """Return an endpoint as a body, without its secret."""
    return Endpoint(
        id=endpoint.pk,
        url=endpoint.url,
        description=endpoint.description,
        enabled=endpoint.enabled,
        disabled_because=endpoint.disabled_because,
        previous_until=endpoint.previous_until,
        created_at=endpoint.created_at,
    )


def secret_answer(endpoint: WebhookEndpoint) -> EndpointWithSecret:
    """Return an endpoint as a body, with its secret."""
    return EndpointWithSecret(**msgspec.structs.asdict(endpoint_answer(endpoint)), secret=endpoint.secret)


def delivery_answer(delivery: DeliveryRow) -> Delivery:
    """Return a delivery as a body."""
    return Delivery(
        id=delivery.pk,
        alert_id=delivery.alert_id,
        event=delivery.event,
        endpoint_id=delivery.endpoint_id,
        email=delivery.email or None,
        state=delivery.state,
        attempts=delivery.attempts,
        due_at=delivery.due_at if delivery.state == DeliveryRow.State.DUE else None,
        created_at=delivery.created_at,
        delivered_at=delivery.delivered_at,
        response_status=delivery.response_status,
        error=delivery.error,
    )
