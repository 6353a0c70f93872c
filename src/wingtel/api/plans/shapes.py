"""Request and response bodies of plans."""

from wingtel.api.common import examples
from wingtel.api.common.fields import (
    CurrencyField,
)
from wingtel.api.common.serializers import KnownFieldsSerializer
from wingtel.subscriptions.models import Plan


@examples.example(examples.PLAN, {"id": 1, **examples.PLAN, **examples.TIMES})
class PlanSerializer(KnownFieldsSerializer):
    """A product that subscriptions are sold as."""

    currency = CurrencyField(required=False)

    class Meta:
        model = Plan
        fields = ("id", "name", "price", "currency", "data_available", "created_at", "updated_at")
