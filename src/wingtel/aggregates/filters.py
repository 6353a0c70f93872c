"""Filters: the subscriptions that an answer covers."""

from collections.abc import Sequence
from dataclasses import dataclass

from wingtel.subscriptions.assignments import find_named
from wingtel.subscriptions.identifiers import Kind
from wingtel.subscriptions.models import Subscription


@dataclass(frozen=True)
class SubscriptionFilter:
    """Subscriptions of given ids, a carrier and a current plan. None stands for any."""

    subscription_ids: Sequence[int] | None = None
    carrier: str | None = None
    plan_id: int | None = None

    def listed(self) -> list[int] | None:
        """Return the ids for a query, None for any. An empty list matches no subscription."""
        return None if self.subscription_ids is None else list(self.subscription_ids)

    def one(self) -> int | None:
        """Return the id if there is exactly one, else None."""
        ids = self.subscription_ids
        return ids[0] if ids is not None and len(ids) == 1 else None


EVERYBODY = SubscriptionFilter()


def ids_named(
    *, subscription_ids: Sequence[int], phone_numbers: Sequence[str], external_ids: Sequence[str]
) -> list[int] | None:
    """Return the subscriptions that match each kind of identifier given, None if none is given.

    Phone numbers and external ids are in their normal form. `find_named` defines which subscriptions they match.
    """
    matches = [set(subscription_ids)] if subscription_ids else []
    matches += [set(find_named(kind, values)) for kind, values in _given(phone_numbers, external_ids)]
    return sorted(set.intersection(*matches)) if matches else None


def _given(phone_numbers: Sequence[str], external_ids: Sequence[str]) -> list[tuple[Kind, Sequence[str]]]:
    kinds = ((Kind.MSISDN, phone_numbers), (Kind.EXTERNAL_ID, external_ids))
    return [(kind, values) for kind, values in kinds if values]


def numbers_of(subscription_id: int, carrier: str | None) -> dict[str, str]:
    """Return the current phone number and external id of a subscription, empty for one of another carrier."""
    of_carrier = {"carrier": carrier} if carrier else {}
    subscription = Subscription.objects.filter(pk=subscription_id, **of_carrier).first()
    return {
        "phone_number": subscription.phone_number if subscription else "",
        "external_id": subscription.external_id if subscription else "",
    }
