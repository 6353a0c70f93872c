"""Serialization of conflicts for the API and the commands."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta, Struct

from wingtel.aggregates.serialization import money, origin_answer
from wingtel.aggregates.shapes import Currency, Money, RecordOrigin, SubscriptionId, Timestamp, Usage
from wingtel.usage.currency import currency
from wingtel.usage.provenance import origins_of

from .models import UsageConflict


class Conflict(Struct):
    """A record with the key of a stored one and another amount."""

    id: int
    subscription_id: SubscriptionId
    usage_type: Usage
    record_id: Annotated[str, Meta(description="The key of both.", examples=["att-20260310-000001"])]
    usage_date: Timestamp
    stored_quantity: Annotated[
        int, Meta(description="In the unit of the usage type, which are counted.", examples=[20480])
    ]
    stored_price: Annotated[Money, Meta(description="The price that is counted.", examples=["0.3000"])]
    quantity: Annotated[int, Meta(description="In the unit of the usage type of the other.", examples=[40960])]
    price: Annotated[Money, Meta(description="The price of the other.", examples=["0.6000"])]
    currency: Currency
    detected_at: Timestamp
    origin: RecordOrigin | None


def conflict_answers(conflicts: Sequence[UsageConflict]) -> list[Conflict]:
    """Return conflicts with both amounts, and the origin of the record that was not counted."""
    origins = origins_of(conflict.source for conflict in conflicts)
    return [
        Conflict(
            id=conflict.pk,
            subscription_id=conflict.subscription_id,
            usage_type=conflict.usage_type,
            record_id=conflict.record_id,
            usage_date=conflict.usage_date,
            stored_quantity=conflict.stored_quantity,
            stored_price=money(conflict.stored_price),
            quantity=conflict.quantity,
            price=money(conflict.price),
            currency=currency(),
            detected_at=conflict.detected_at,
            origin=origin_answer(origins.get(conflict.source)),
        )
        for conflict in conflicts
    ]
