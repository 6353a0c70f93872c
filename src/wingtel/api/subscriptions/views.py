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
    """The base of views that write subscriptions, of one carrier or of all."""

    carrier: ClassVar[str | None] = None
    carrier_safe_methods = ALL_METHODS

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "country": country_of(self.written_carrier())}

    def written_carrier(self) -> str | None:
        """Return the carrier of the subscription that is written, as far as it is known before that is validated."""
        return self.carrier

    def perform_create(self, serializer: BaseSerializer[Subscription], **values: Any) -> None:
        with transaction.atomic():
            serializer.save(**values)

    def perform_update(self, serializer: BaseSerializer[Subscription]) -> None:
        with transaction.atomic():
            serializer.save().refresh_from_db()  # the database keeps it in step with its dated rows

    def perform_destroy(self, instance: Subscription) -> None:
        instance.delete_softly()


@documented("a subscription", "subscriptions", shapes.AnySubscriptionSerializer, parameters.LISTING_OF_SUBSCRIPTIONS)
class AnySubscriptionView(SubscriptionResourceView):
    """Subscriptions of all carriers; deleting one marks it and keeps its usage and purchases."""

    queryset = Subscription.objects.all()
    serializer_class = shapes.AnySubscriptionSerializer
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


class SubscriptionView(SubscriptionResourceView):
    """Subscriptions of one carrier; deleting one marks it and keeps its usage and purchases."""

    carrier: ClassVar[str]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if (only := access(request).carrier) not in (None, self.carrier):
            raise PermissionDenied(f"{access(request).name} is limited to the carrier {only}.")

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
