"""Subscriptions of all carriers, and of one."""

from typing import Any, ClassVar

from django.db import transaction
from django.db.models import QuerySet
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer

from wingtel.api.common import parameters
from wingtel.api.common.authentication import access
from wingtel.api.common.resources import ResourceView, documented
from wingtel.api.common.scoped import ALL_METHODS
from wingtel.ingest.batch import Lookup
from wingtel.subscriptions import carriers
from wingtel.subscriptions.assignments import find_named
from wingtel.subscriptions.carriers import country_of
from wingtel.subscriptions.models import Carrier, Subscription

from . import shapes


class SubscriptionResourceView(ResourceView):
    """Base view of subscriptions, of one carrier or of all."""

    carrier: ClassVar[str | None] = None
    carrier_safe_methods = ALL_METHODS

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "country": country_of(self.written_carrier())}

    def written_carrier(self) -> str | None:
        """Return the carrier of the written subscription, None if it is unknown before validation."""
        return self.carrier

    def perform_create(self, serializer: BaseSerializer[Subscription], **values: Any) -> None:
        with transaction.atomic():
            serializer.save(**values)

    def perform_update(self, serializer: BaseSerializer[Subscription]) -> None:
        with transaction.atomic():
            serializer.save().refresh_from_db()  # the database updates it from its dated rows

    def perform_destroy(self, instance: Subscription) -> None:
        instance.delete_softly()


@documented("a subscription", "subscriptions", shapes.AnySubscriptionSerializer, parameters.LISTING_OF_SUBSCRIPTIONS)
class AnySubscriptionView(SubscriptionResourceView):
    """Subscriptions of all carriers. Deleting one marks it and keeps its usage and purchases."""

    queryset = Subscription.objects.all()
    serializer_class = shapes.AnySubscriptionSerializer
    known = parameters.LISTING_OF_SUBSCRIPTIONS

    def get_queryset(self) -> QuerySet[Subscription]:
        subscriptions = Subscription.objects.all()
        if carrier := access(self.request).carrier:
            subscriptions = subscriptions.carried_by(carrier)
        if self.action != "list":
            return subscriptions.current()
        params = self.params
        subscriptions = subscriptions if params["deleted"] else subscriptions.current()
        filters = {name: params[name] for name in ("carrier", "status", "plan") if params[name]}
        subscriptions = subscriptions.filter(**filters)
        for lookup in Lookup:
            if lookup is not Lookup.ID and (text := params[lookup.value]):
                subscriptions = subscriptions.filter(pk__in=_find_ids(lookup, text))
        return subscriptions

    def written_carrier(self) -> str | None:
        if "id" in self.kwargs:
            return Subscription.objects.filter(pk=self.kwargs["id"]).values_list("carrier", flat=True).first()
        if self.request is None or self.request.method != "POST" or not isinstance(self.request.data, dict):
            return None
        code = self.request.data.get("carrier")
        return code if isinstance(code, str) else None


def _find_ids(lookup: Lookup, text: str) -> list[int]:
    """Return the ids of the subscriptions with an identifier, none if it is not valid."""
    try:
        return find_named(lookup.kind, carriers.forms_of(lookup.kind, text))
    except ValueError:
        return []


class SubscriptionView(SubscriptionResourceView):
    """Subscriptions of one carrier. Deleting one marks it and keeps its usage and purchases."""

    carrier: ClassVar[str]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if (carrier := access(request).carrier) not in (None, self.carrier):
            raise PermissionDenied(f"{access(request).name} is limited to the carrier {carrier}.")

    def get_queryset(self) -> QuerySet[Subscription]:
        return Subscription.objects.current().carried_by(self.carrier)

    def perform_create(self, serializer: BaseSerializer[Subscription], **values: Any) -> None:
        super().perform_create(serializer, carrier=self.carrier, **values)


@documented("an AT&T subscription", "AT&T subscriptions", shapes.AttSubscriptionSerializer)
class AttSubscriptionView(SubscriptionView):
    carrier = Carrier.ATT
    queryset = Subscription.objects.all()
    serializer_class = shapes.AttSubscriptionSerializer


@documented("a Sprint subscription", "Sprint subscriptions", shapes.SprintSubscriptionSerializer)
class SprintSubscriptionView(SubscriptionView):
    carrier = Carrier.SPRINT
    queryset = Subscription.objects.all()
    serializer_class = shapes.SprintSubscriptionSerializer
