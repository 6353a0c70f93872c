"""Request and response bodies of subscriptions."""

from typing import Any

from rest_framework import serializers

from wingtel.api.common import examples
from wingtel.api.common.errors import Conflict
from wingtel.api.common.fields import (
    IdentifierField,
    TextField,
)
from wingtel.api.common.serializers import KnownFieldsSerializer, carrier_of_caller
from wingtel.subscriptions import carriers
from wingtel.subscriptions.identifiers import Kind
from wingtel.subscriptions.models import COLUMNS, Subscription

SUBSCRIPTION_FIELDS = (
    "id",
    "carrier",
    "status",
    "owner",
    "plan",
    *COLUMNS.values(),
    "phone_model",
    "effective_date",
    "created_at",
    "updated_at",
)


class SubscriptionSerializer(KnownFieldsSerializer):
    """A line, with its current identifiers and plan. A new value begins now, and the old one ends."""

    phone_number = IdentifierField(Kind.MSISDN)
    imsi = IdentifierField(Kind.IMSI)
    iccid = IdentifierField(Kind.ICCID)
    device_id = IdentifierField(Kind.DEVICE_ID)
    external_id = IdentifierField(Kind.EXTERNAL_ID, help_text="The reference of another system.")


class CarrierField(TextField):
    """Code of a carrier. A caller limited to a carrier may send no other."""

    def to_internal_value(self, data: Any) -> str:
        code = super().to_internal_value(data)
        try:
            carriers.check(code)
        except carriers.UnknownCarrierError as error:
            raise serializers.ValidationError(str(error)) from error
        if carrier_of_caller(self) not in (None, code):
            raise serializers.ValidationError("another carrier than the caller is limited to")
        return code


@examples.example(
    {"carrier": "att", **examples.ATT}, {"id": 7, "carrier": "att", **examples.ATT, "sprint_id": "", **examples.TIMES}
)
class AnySubscriptionSerializer(SubscriptionSerializer):
    """A line with any carrier, which cannot be changed."""

    carrier = CarrierField(max_length=10, help_text="The code of its carrier, such as att; it cannot be changed.")

    class Meta:
        model = Subscription
        fields = (*SUBSCRIPTION_FIELDS, "network_type", "sprint_id")

    def validate_carrier(self, code: str) -> str:
        """Return the code of the carrier. Raises Conflict if it would change."""
        if isinstance(self.instance, Subscription) and code != self.instance.carrier:
            raise Conflict(f"A subscription stays with its carrier, which is {self.instance.carrier}.")
        return code


@examples.example(examples.ATT, {"id": 7, "carrier": "att", **examples.ATT, **examples.TIMES})
class AttSubscriptionSerializer(SubscriptionSerializer):
    """A line with AT&T."""

    class Meta:
        model = Subscription
        fields = (*SUBSCRIPTION_FIELDS, "network_type")
        read_only_fields = ("carrier",)


@examples.example(examples.SPRINT, {"id": 8, "carrier": "sprint", **examples.SPRINT, **examples.TIMES})
class SprintSubscriptionSerializer(SubscriptionSerializer):
    """A line with Sprint."""

    class Meta:
        model = Subscription
        fields = (*SUBSCRIPTION_FIELDS, "sprint_id")
        read_only_fields = ("carrier",)
