"""Filters: the subscriptions that an answer is of."""

from collections.abc import Sequence
from dataclasses import dataclass

from wingtel.subscriptions.assignments import find_named
from wingtel.subscriptions.identifiers import Kind
from wingtel.subscriptions.models import Subscription


@dataclass(frozen=True)
class SubscriptionFilter:
    """The subscriptions that have one of some ids, a carrier and a current plan. None is any."""

    subscription_ids: Sequence[int] | None = None
    carrier: str | None = None
    plan_id: int | None = None

    def listed(self) -> list[int] | None:
        """Return the ids for a query; an empty list is of no subscription."""
        return None if self.subscription_ids is None else list(self.subscription_ids)

    def one(self) -> int | None:
        """Return the id where there is a single one."""
        ids = self.subscription_ids
        return ids[0] if ids is not None and len(ids) == 1 else None


EVERYBODY = SubscriptionFilter()


def ids_named(
    *, subscription_ids: Sequence[int], phone_numbers: Sequence[str], external_ids: Sequence[str]
) -> list[int] | None:
    """Return the subscriptions that are named in each of the ways that are given, None where none is.

    Phone numbers and external ids are in their normal form. `find_named` says whom they name.
    """
    ways = [set(subscription_ids)] if subscription_ids else []
    ways += [set(find_named(kind, values)) for kind, values in _given(phone_numbers, external_ids)]
    return sorted(set.intersection(*ways)) if ways else None


def _given(phone_numbers: Sequence[str], external_ids: Sequence[str]) -> list[tuple[Kind, Sequence[str]]]:
    kinds = ((Kind.MSISDN, phone_numbers), (Kind.EXTERNAL_ID, external_ids))
    return [(kind, values) for kind, values in kinds if values]


def numbers_of(subscription_id: int, carrier: str | None) -> dict[str, str]:
    """Return the current phone number and external id of a subscription, empty for one of another carrier."""
    of_carrier = {"carrier": carrier} if carrier else {}
    found = Subscription.objects.filter(pk=subscription_id, **of_carrier).first()
    return {"phone_number": found.phone_number if found else "", "external_id": found.external_id if found else ""}
