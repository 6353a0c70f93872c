"""The query parameters of limits and alerts."""

from dataclasses import replace

from wingtel.aggregates.questions import LARGEST_ID
from wingtel.api.common.parameters import FROM, LISTING, SUBSCRIPTION_ID, TO, Parameter
from wingtel.limits.models import LARGEST_LEVEL, Delivery


def parse_level(text: str) -> int:
    """A level in percent. Raises ValueError."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:5]) <= LARGEST_LEVEL:
        raise ValueError(text)
    return int(text)


def parse_alert_state(text: str) -> str:
    """Raises ValueError."""
    if text not in {"open", "recovered"}:
        raise ValueError(text)
    return text


def _id(name: str, what: str) -> Parameter:
    return replace(
        SUBSCRIPTION_ID,
        name=name,
        schema={"type": "integer", "format": "int64", "minimum": 1, "maximum": LARGEST_ID},
        description=f"Only of this {what}; repeat the parameter for several.",
    )


ALERT_STATE = Parameter(
    name="state",
    rule="open or recovered",
    parse=parse_alert_state,
    schema={"type": "string", "enum": ["open", "recovered"]},
    description="Only alerts whose level is reached still, or that were taken back.",
)
LEVEL = Parameter(
    name="level",
    rule=f"a whole number from 1 to {LARGEST_LEVEL}",
    parse=parse_level,
    schema={"type": "integer", "minimum": 1, "maximum": LARGEST_LEVEL},
    description="Only alerts of this level, in percent.",
)
DELIVERY_STATE = Parameter(
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
    LEVEL,
    SINCE,
    UNTIL,
    *LISTING,
)
LISTING_OF_DELIVERIES = (_id("endpoint_id", "endpoint"), DELIVERY_STATE, *LISTING)
