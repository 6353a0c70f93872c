"""Settings of the whole schema: title, version, licence, server, tags, and the names of choices."""

from importlib.metadata import metadata
from typing import Any

_PACKAGE = metadata("wingtel")

TAGS = {
    "usage": "Subscriptions that reached a price limit, usage and price by subscription, and what these sum up.",
    "subscriptions": "Subscriptions of all carriers, with their dated identifiers and plans.",
    "att_subscriptions": "Subscriptions of AT&T.",
    "sprint_subscriptions": "Subscriptions of Sprint.",
    "carriers": "Networks that carry subscriptions and send their usage records.",
    "plans": "Products that subscriptions are sold as.",
    "purchases": "What users bought.",
    "limits": "Standing price limits.",
    "alerts": "Thresholds of price limits that were reached.",
    "webhooks": "Endpoints to which alerts are posted, and the deliveries.",
    "health": "Health of the server and its background work.",
}

SETTINGS: dict[str, Any] = {
    "TITLE": "Wingtel",
    "DESCRIPTION": "Subscriptions that reached a price limit, and usage and price by subscription. This "
    "is version 1 of the API; `version` is that of the server.",
    "VERSION": _PACKAGE["Version"],
    "CONTACT": {"name": "The Wingtel authors"},
    "LICENSE": {"name": _PACKAGE["License-Expression"], "identifier": _PACKAGE["License-Expression"]},
    "SERVERS": [{"url": "/", "description": "The server that this schema is read from."}],
    "TAGS": [{"name": name, "description": meaning} for name, meaning in TAGS.items()],
    "OAS_VERSION": "3.1.0",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "WEBHOOKS": ["wingtel.api.limits.shapes.ALERT_OPENED", "wingtel.api.limits.shapes.ALERT_RESOLVED"],
    "PATH_CONVERTER_OVERRIDES": {
        "wingtel_id": {"type": "integer", "format": "int64", "minimum": 1, "maximum": 2**63 - 1},
    },
    "APPEND_COMPONENTS": {
        "headers": {
            "RequestId": {"description": "The request's number.", "required": True, "schema": {"type": "string"}},
            "RetryAfter": {"description": "Seconds to wait.", "required": True, "schema": {"type": "integer"}},
            "Challenge": {"description": "How to authenticate.", "required": True, "schema": {"type": "string"}},
        }
    },
    "ENUM_NAME_OVERRIDES": {
        "SubscriptionStatus": "wingtel.subscriptions.models.Subscription.Status",
        "PurchaseStatus": "wingtel.subscriptions.models.Purchase.Status",
        "DifferenceKind": "wingtel.lifecycle.serialization.DIFFERENCES",
        "IdentifierKind": "wingtel.subscriptions.identifiers.Kind",
        "AlertState": [("open", "open"), ("resolved", "resolved")],
    },
}
