"""Base serializers that reject unknown fields, and fields that depend on the caller."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import QuerySet
from msgspec import Struct
from rest_framework import serializers

from wingtel.access.scopes import Access
from wingtel.shapes import names_of
from wingtel.subscriptions.models import Subscription

from .fields import (
    DayField,
    ExactDecimalField,
    FlagField,
    IdField,
    TextField,
    TimestampField,
    WholeNumberField,
)


class KnownFields(serializers.Serializer[Any]):
    """A serializer that rejects unknown fields, since a misspelt one would be lost without an error."""

    response_shape: ClassVar[type[Struct] | None] = None
    """Shape of the response, if not the serializer's. A request may send its members, which change nothing."""

    def to_internal_value(self, data: Any) -> Any:
        known = {*self.fields, *(names_of(self.response_shape) if self.response_shape else ())}
        if isinstance(data, dict) and (unknown := sorted(set(data) - known)):
            rule = f"unknown; the fields known here: {', '.join(self.fields)}"
            raise serializers.ValidationError({name: [rule] for name in unknown})
        return super().to_internal_value(data)


class KnownFieldsSerializer(KnownFields, serializers.ModelSerializer[Any]):
    """A serializer of a model that rejects unknown fields."""

    serializer_related_field = IdField
    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.CharField: TextField,
        models.TextField: TextField,
        models.BigIntegerField: WholeNumberField,
        models.BooleanField: FlagField,
        models.DecimalField: ExactDecimalField,
        models.DateTimeField: TimestampField,
        models.DateField: DayField,
    }


def carrier_of_caller(field: serializers.Field[Any, Any, Any, Any]) -> str | None:
    """Return the carrier that the caller is limited to, None without a limit."""
    request = field.context.get("request")
    return request.auth.carrier if request is not None and isinstance(request.auth, Access) else None


class SubscriptionField(IdField):
    """Id of a subscription. For a caller limited to a carrier, those of other carriers do not exist."""

    def get_queryset(self) -> QuerySet[Subscription] | None:
        subscriptions: QuerySet[Subscription] | None = super().get_queryset()
        carrier = carrier_of_caller(self)
        return subscriptions.filter(carrier=carrier) if subscriptions is not None and carrier else subscriptions
