"""Carriers, and the subscriptions of all of them."""

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from rest_framework.serializers import BaseSerializer

from wingtel.ingest.batch import Lookup
from wingtel.subscriptions import carriers
from wingtel.subscriptions.assignments import find_named
from wingtel.subscriptions.models import Carrier, Subscription

from . import parameters, serializers
from .authentication import access
from .errors import Conflict
from .resources import ResourceView, SubscriptionResourceView, documented


@documented("a carrier", "carriers", serializers.CarrierSerializer, parameters.LISTING_OF_CARRIERS)
class CarrierView(ResourceView):
    """The carriers, by their codes."""

    queryset = Carrier.objects.all()
    serializer_class = serializers.CarrierSerializer
    known = parameters.LISTING_OF_CARRIERS
    lookup_url_kwarg = "code"
    lookup_value_converter = "code"
    within_carrier = frozenset({"GET"})

    def perform_create(self, serializer: BaseSerializer[Carrier]) -> None:
        super().perform_create(serializer)
        carriers.forget()

    def perform_update(self, serializer: BaseSerializer[Carrier]) -> None:
        super().perform_update(serializer)
        carriers.forget()

    def perform_destroy(self, instance: Carrier) -> None:
        try:
            with transaction.atomic():
                instance.delete()
        except IntegrityError as error:
            raise Conflict(f"The carrier {instance.code} has subscriptions, deleted ones included.") from error
        carriers.forget()


@documented(
    "a subscription", "subscriptions", serializers.AnySubscriptionSerializer, parameters.LISTING_OF_SUBSCRIPTIONS
)
class AnySubscriptionView(SubscriptionResourceView):
    """Subscriptions of all carriers; deleting one marks it and keeps its usage and purchases."""

    queryset = Subscription.objects.all()
    serializer_class = serializers.AnySubscriptionSerializer
    known = parameters.LISTING_OF_SUBSCRIPTIONS

    def get_queryset(self) -> QuerySet[Subscription]:
        found = Subscription.objects.all()
        if limited := access(self.request).carrier:
            found = found.carried_by(limited)
        if self.action != "list":
            return found.current()
        asked = self.asked
        found = found if asked["deleted"] else found.current()
        found = found.filter(**{name: asked[name] for name in ("carrier", "status", "plan") if asked[name]})
        for lookup in Lookup:
            if lookup is not Lookup.ID and (text := asked[lookup.value]):
                found = found.filter(pk__in=_named(lookup, text))
        return found

    def written_carrier(self) -> str | None:
        if "id" in self.kwargs:
            return Subscription.objects.filter(pk=self.kwargs["id"]).values_list("carrier", flat=True).first()
        if self.request is None or self.request.method != "POST" or not isinstance(self.request.data, dict):
            return None
        sent = self.request.data.get("carrier")
        return sent if isinstance(sent, str) else None


def _named(lookup: Lookup, text: str) -> list[int]:
    """Return the subscriptions with an identifier; none for what is no identifier."""
    try:
        return find_named(lookup.kind, carriers.forms_of(lookup.kind, text))
    except ValueError:
        return []
