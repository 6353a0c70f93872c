"""Purchases: list, create, read, change, delete."""

from django.db.models import QuerySet

from wingtel.api.common import parameters
from wingtel.api.common.authentication import access
from wingtel.api.common.resources import ResourceView, documented
from wingtel.api.common.scoped import ALL_METHODS
from wingtel.subscriptions.models import Purchase

from . import shapes


@documented("a purchase", "purchases", shapes.PurchaseSerializer, parameters.LISTING_OF_SUBSCRIPTION)
class PurchaseView(ResourceView):
    queryset = Purchase.objects.all()
    serializer_class = shapes.PurchaseSerializer
    known = parameters.LISTING_OF_SUBSCRIPTION
    carrier_safe_methods = ALL_METHODS

    def get_queryset(self) -> QuerySet[Purchase]:
        purchases = super().get_queryset()
        if carrier := access(self.request).carrier:
            purchases = purchases.filter(subscription__carrier=carrier)
        ids = self.params.get("subscription_id")
        return purchases.filter(subscription__in=ids) if ids else purchases
