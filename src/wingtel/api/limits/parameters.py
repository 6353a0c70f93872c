"""Query parameters of limits and alerts."""

from dataclasses import replace

from wingtel.aggregates.validation import LARGEST_ID
from wingtel.api.common.parameters import FROM, LISTING, SUBSCRIPTION_ID, TO, QueryParameter
from wingtel.limits.models import LARGEST_THRESHOLD
from wingtel.notifications.models import Delivery


def parse_threshold(text: str) -> int:
    """Return a threshold in percent. Raises ValueError."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:5]) <= LARGEST_THRESHOLD:
        raise ValueError(text)
    return int(text)


def parse_alert_state(text: str) -> str:
    """Return the state of an alert, open or resolved. Raises ValueError."""
    if text not in {"open", "resolved"}:
        raise ValueError(text)
    return text


def _id(name: str, resource: str) -> QueryParameter:
    return replace(
        SUBSCRIPTION_ID,
        name=name,
        schema={"type": "integer", "format": "int64", "minimum": 1, "maximum": LARGEST_ID},
        description=f"Only of this {resource}; repeat the parameter for several.",
    )


ALERT_STATE = QueryParameter(
    name="state",
    rule="open or resolved",
    parse=parse_alert_state,
    schema={"type": "string", "enum": ["open", "resolved"]},
    description="Only alerts that are open, or that were resolved.",
)
THRESHOLD_PERCENT = QueryParameter(
    name="threshold_percent",
    rule=f"a whole number from 1 to {LARGEST_THRESHOLD}",
    parse=parse_threshold,
    schema={"type": "integer", "minimum": 1, "maximum": LARGEST_THRESHOLD},
    description="Only alerts of this threshold, in percent of the limit.",
)
DELIVERY_STATE = QueryParameter(
    name="state",
    rule=f"one of {', '.join(Delivery.State.values)}",
    parse=Delivery.State,
    schema={"type": "string", "enum": list(Delivery.State.values)},
    description="Only deliveries in this state.",
)
SINCE = replace(FROM, description="Only alerts of periods that end on or after this business day.")
UNTIL = replace(TO, description="Only alerts of periods that begin on or before this business day.")

LISTING_OF_LIMITS = (_id("plan_id", "plan"), _id("subscription_id", "subscription"), *LISTING)
LISTING_OF_ALERTS = (
    _id("limit_id", "limit"),
    _id("subscription_id", "subscription"),
    ALERT_STATE,
    THRESHOLD_PERCENT,
    SINCE,
    UNTIL,
    *LISTING,
)
LISTING_OF_DELIVERIES = (_id("endpoint_id", "endpoint"), DELIVERY_STATE, *LISTING)
