"""Conflicts as the API and the commands answer with them."""

from collections.abc import Sequence
from typing import Any

from wingtel.aggregates.answers import moment, money, origin_answer
from wingtel.usage.currency import currency
from wingtel.usage.provenance import origins_of

from .models import UsageConflict


def conflict_answers(conflicts: Sequence[UsageConflict]) -> list[dict[str, Any]]:
    """Return conflicts with both amounts, and where the record that was not counted came from."""
    origins = origins_of(conflict.source for conflict in conflicts)
    return [
        {
            "id": conflict.pk,
            "subscription_id": conflict.subscription_id,
            "usage_type": conflict.usage_type,
            "record_id": conflict.record_id,
            "usage_date": moment(conflict.usage_date),
            "stored_quantity": conflict.stored_quantity,
            "stored_price": money(conflict.stored_price),
            "quantity": conflict.quantity,
            "price": money(conflict.price),
            "currency": currency(),
            "detected_at": moment(conflict.detected_at),
            "origin": origin_answer(origins.get(conflict.source)),
        }
        for conflict in conflicts
    ]
