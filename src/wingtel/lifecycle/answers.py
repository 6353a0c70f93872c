"""Adjustments, days and explanations as the API and the commands answer with them."""

from typing import Any

from wingtel.aggregates.answers import moment, money, origin_answer
from wingtel.aggregates.queries import Sums
from wingtel.usage.currency import currency
from wingtel.usage.models import UsageAdjustment, UsageDay, UsageType
from wingtel.usage.provenance import origins_of

from .explaining import ExplainedType, Explanation


def adjustment_answer(adjustment: UsageAdjustment) -> dict[str, Any]:
    """Return an adjustment as a body; its reversal comes with `select_related("reversed_by")`."""
    reversal: UsageAdjustment | None = getattr(adjustment, "reversed_by", None)
    return {
        "id": adjustment.pk,
        "subscription_id": adjustment.subscription_id,
        "usage_type": adjustment.usage_type,
        "unit": UsageType(adjustment.usage_type).unit,
        "day": adjustment.day.isoformat(),
        "used": adjustment.used,
        "price": money(adjustment.price),
        "currency": currency(),
        "reason": adjustment.reason,
        "actor": adjustment.actor,
        "created_at": moment(adjustment.created_at),
        "reverses": adjustment.reverses_id,
        "reversed_by": reversal.pk if reversal else None,
    }


def day_answer(day: UsageDay) -> dict[str, Any]:
    """Return the state of a business day, and the sums it was sealed with."""
    moments = ("sealed_at", "expired_at", "reopened_at")
    return {
        "day": day.day.isoformat(),
        "state": str(day.state),
        **{name: moment(value) if (value := getattr(day, name)) else None for name in moments},
        "reopened": day.reopened,
        "data_records": day.data_records,
        "kilobytes_used": None if day.kilobytes_used is None else int(day.kilobytes_used),
        "data_price": None if day.data_price is None else money(day.data_price),
        "voice_records": day.voice_records,
        "seconds_used": None if day.seconds_used is None else int(day.seconds_used),
        "voice_price": None if day.voice_price is None else money(day.voice_price),
        "currency": currency(),
    }


def explanation_answer(explanation: Explanation) -> dict[str, Any]:
    """Return an explanation as a body."""
    return {
        "subscription_id": explanation.subscription_id,
        **explanation.numbers,
        "currency": currency(),
        "day": day_answer(explanation.day),
        "as_of": moment(explanation.as_of),
        "records_gone": explanation.records_gone,
        "adds_up": explanation.adds_up,
        "usage_types": [_type_answer(found) for found in explanation.types],
    }


def _type_answer(found: ExplainedType) -> dict[str, Any]:
    origins = origins_of(record.source for record in found.records)
    return {
        "usage_type": found.usage_type.value,
        "unit": found.usage_type.unit,
        "recorded": _sums_answer(found.recorded, "records"),
        "adjusted": _sums_answer(found.adjusted, "adjustments"),
        "total": _sums_answer(found.total, "records"),
        "adds_up": found.adds_up,
        "records": [
            {
                "record_id": record.record_id,
                "usage_date": moment(record.usage_date),
                "used": record.used,
                "price": money(record.price),
                "origin": origin_answer(origins.get(record.source)),
            }
            for record in found.records
        ],
        "adjustments": [adjustment_answer(adjustment) for adjustment in found.adjustments],
    }


def _sums_answer(sums: Sums, counted: str) -> dict[str, Any]:
    return {"used": sums.used, "price": money(sums.price), counted: sums.count}
