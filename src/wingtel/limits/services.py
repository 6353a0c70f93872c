"""Creating, changing and removing price limits."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from .models import PriceLimit

TERMS = ("name", "plan_id", "subscription_id", "usage_type", "period", "amount", "thresholds", "emails", "starts")


class LimitRejectedError(ValueError):
    """Error for an invalid limit: `problems` has the reasons by field, `__all__` for no field."""

    def __init__(self, problems: dict[str, list[str]]) -> None:
        super().__init__("; ".join(f"{field}: {' '.join(reasons)}" for field, reasons in problems.items()))
        self.problems = problems


class UnknownLimitError(LookupError):
    """Error for the number of a limit that does not exist, or was removed."""


def make_limit(**terms: Any) -> PriceLimit:
    """Create a limit, which counts from the next evaluation on.

    `terms` are those of PriceLimit, TERMS. Raises LimitRejectedError.
    """
    return _save(PriceLimit(), terms)


def change_limit(limit_id: int, **terms: Any) -> PriceLimit:
    """Change the terms of a limit, for the periods that are not over, or that contain or follow `starts`.

    Its earlier alerts stay as they are. Raises UnknownLimitError, LimitRejectedError.
    """
    limit = PriceLimit.objects.current().filter(pk=limit_id).first()
    if limit is None:
        raise UnknownLimitError(_unknown_message(limit_id))
    return _save(limit, terms)


def remove_limit(limit_id: int) -> None:
    """Stop evaluating a limit; its alerts stay on record as they are. Raises UnknownLimitError."""
    if not PriceLimit.objects.current().filter(pk=limit_id).update(deleted_at=timezone.now()):
        raise UnknownLimitError(_unknown_message(limit_id))


def _save(limit: PriceLimit, terms: dict[str, Any]) -> PriceLimit:
    for name, value in terms.items():
        if name not in TERMS:
            raise TypeError(f"a limit has no {name}: {', '.join(TERMS)}")
        setattr(limit, name, value)
    limit.thresholds = sorted({*limit.thresholds} - {100})  # 100 is always a threshold
    if limit.plan_id and limit.subscription_id:
        raise LimitRejectedError({"plan": ["a limit belongs to a plan or to a subscription: name one of the two"]})
    try:
        limit.full_clean()
    except ValidationError as error:
        raise LimitRejectedError(error.message_dict) from error
    limit.save()
    limit.refresh_from_db()
    return limit


def _unknown_message(limit_id: int) -> str:
    return f"there is no limit {limit_id}, or it was removed; `wingtel limits list` lists those there are"
