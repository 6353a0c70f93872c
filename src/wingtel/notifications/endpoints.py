"""Webhook endpoints and their secrets."""

import base64
import secrets
from datetime import timedelta
from typing import Any

from django.utils import timezone

from wingtel.limits.models import WebhookEndpoint

from .address_policy import check_url

SECRET_BYTES = 32
OVERLAP = timedelta(days=1)
"""For so long after a rotation, messages are signed with the previous secret too."""


class UnknownEndpointError(LookupError):
    """There is no endpoint of that number."""


def new_secret() -> str:
    """A secret as the Standard Webhooks specification writes it."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def add_endpoint(url: str, *, description: str = "", enabled: bool = True) -> WebhookEndpoint:
    """Add an endpoint with a secret of its own. Raises RefusedAddressError for a URL that may not be sent to."""
    check_url(url)
    return WebhookEndpoint.objects.create(url=url, description=description, enabled=enabled, secret=new_secret())


def rotate_secret(endpoint_id: int) -> WebhookEndpoint:
    """Give an endpoint a new secret; the one before signs too for OVERLAP. Raises UnknownEndpointError."""
    endpoint = endpoint_named(endpoint_id)
    endpoint.previous_secret, endpoint.secret = endpoint.secret, new_secret()
    endpoint.previous_until = timezone.now() + OVERLAP
    endpoint.save(update_fields=["secret", "previous_secret", "previous_until"])
    return endpoint


def change_endpoint(endpoint_id: int, **values: Any) -> WebhookEndpoint:
    """Change the `url`, the `description` or whether an endpoint is `enabled`: else what is due waits.

    Raises UnknownEndpointError, and RefusedAddressError for a URL that may not be sent to.
    """
    endpoint = endpoint_named(endpoint_id)
    if "url" in values:
        check_url(values["url"])
    for name, value in values.items():
        setattr(endpoint, name, value)
    endpoint.disabled_because = ""
    endpoint.save(update_fields=[*values, "disabled_because"])
    return endpoint


def remove_endpoint(endpoint_id: int) -> None:
    """Forget an endpoint with its deliveries. Raises UnknownEndpointError."""
    endpoint_named(endpoint_id).delete()


def endpoint_named(endpoint_id: int) -> WebhookEndpoint:
    """The endpoint of that number. Raises UnknownEndpointError."""
    endpoint = WebhookEndpoint.objects.filter(pk=endpoint_id).first()
    if endpoint is None:
        raise UnknownEndpointError(f"there is no endpoint {endpoint_id}; `wingtel webhooks` lists those there are")
    return endpoint
