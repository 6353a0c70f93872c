"""Carriers, and the subscriptions of all of them."""

from typing import Any

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
from .guarded import ANY
from .resources import ResourceView, documented


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
class AnySubscriptionView(ResourceView):
    """Subscriptions of all carriers; deleting one marks it and keeps its usage and purchases."""

    queryset = Subscription.objects.all()
    serializer_class = serializers.AnySubscriptionSerializer
    known = parameters.LISTING_OF_SUBSCRIPTIONS
    within_carrier = ANY

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

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "country": carriers.country_of(self._carrier())}

    def _carrier(self) -> str | None:
        """Return the carrier of the subscription that is written, as far as it is known before that is validated."""
        if "id" in self.kwargs:
            return Subscription.objects.filter(pk=self.kwargs["id"]).values_list("carrier", flat=True).first()
        if self.request is None or self.request.method != "POST" or not isinstance(self.request.data, dict):
            return None
        sent = self.request.data.get("carrier")
        return sent if isinstance(sent, str) else None

    def perform_create(self, serializer: BaseSerializer[Subscription]) -> None:
        with transaction.atomic():
            serializer.save()

    def perform_update(self, serializer: BaseSerializer[Subscription]) -> None:
        with transaction.atomic():
            serializer.save().refresh_from_db()  # the database keeps it in step with its dated rows

    def perform_destroy(self, instance: Subscription) -> None:
        instance.delete_softly()


def _named(lookup: Lookup, text: str) -> list[int]:
    """Return the subscriptions with an identifier; none for what is no identifier."""
    try:
        return find_named(lookup.kind, carriers.forms_of(lookup.kind, text))
    except ValueError:
        return []
