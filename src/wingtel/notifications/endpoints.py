"""Webhook endpoints and their secrets."""

import base64
import secrets
from datetime import timedelta
from typing import Any

from django.utils import timezone

from .address_policy import check_url
from .models import WebhookEndpoint

SECRET_BYTES = 32
OVERLAP = timedelta(days=1)
"""Time after a rotation during which messages are signed with the previous secret too."""


class UnknownEndpointError(LookupError):
    """Error for the number of an endpoint that does not exist."""


def new_secret() -> str:
    """Return a secret in the form of the Standard Webhooks specification."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def add_endpoint(url: str, *, description: str = "", enabled: bool = True) -> WebhookEndpoint:
    """Add an endpoint with a secret of its own. Raises RejectedAddressError for a URL that the policy rejects."""
    check_url(url)
    return WebhookEndpoint.objects.create(url=url, description=description, enabled=enabled, secret=new_secret())


def rotate_secret(endpoint_id: int) -> WebhookEndpoint:
    """Give an endpoint a new secret; the previous one signs too for OVERLAP. Raises UnknownEndpointError."""
    endpoint = get_endpoint(endpoint_id)
    endpoint.previous_secret, endpoint.secret = endpoint.secret, new_secret()
    endpoint.previous_until = timezone.now() + OVERLAP
    endpoint.save(update_fields=["secret", "previous_secret", "previous_until"])
    return endpoint


def change_endpoint(endpoint_id: int, **values: Any) -> WebhookEndpoint:
    """Change the `url` or the `description` of an endpoint, or whether it is `enabled`.

    Deliveries to a disabled endpoint wait. Raises UnknownEndpointError, and RejectedAddressError for a URL that the
    policy rejects.
    """
    endpoint = get_endpoint(endpoint_id)
    if "url" in values:
        check_url(values["url"])
    for name, value in values.items():
        setattr(endpoint, name, value)
    endpoint.disabled_because = ""
    endpoint.save(update_fields=[*values, "disabled_because"])
    return endpoint


def remove_endpoint(endpoint_id: int) -> None:
    """Remove an endpoint with its deliveries. Raises UnknownEndpointError."""
    get_endpoint(endpoint_id).delete()


def get_endpoint(endpoint_id: int) -> WebhookEndpoint:
    """Return the endpoint of that number. Raises UnknownEndpointError."""
    endpoint = WebhookEndpoint.objects.filter(pk=endpoint_id).first()
    if endpoint is None:
        raise UnknownEndpointError(f"there is no endpoint {endpoint_id}; `wingtel webhooks list` lists those there are")
    return endpoint
