"""Carriers: list, create, read, change, delete."""

from django.db import IntegrityError, transaction
from rest_framework.serializers import BaseSerializer

from wingtel.api.common import parameters
from wingtel.api.common.errors import Conflict
from wingtel.api.common.resources import ResourceView, documented
from wingtel.subscriptions import carriers
from wingtel.subscriptions.models import Carrier

from . import shapes


@documented("a carrier", "carriers", shapes.CarrierSerializer, parameters.LISTING_OF_CARRIERS)
class CarrierView(ResourceView):
    """Carriers, identified by their codes."""

    queryset = Carrier.objects.all()
    serializer_class = shapes.CarrierSerializer
    known = parameters.LISTING_OF_CARRIERS
    lookup_url_kwarg = "code"
    lookup_value_converter = "wingtel_code"
    carrier_safe_methods = frozenset({"GET"})

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
