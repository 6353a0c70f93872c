"""Bases of serializers that take what they know alone, and fields that ask who the caller is."""

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
    MomentField,
    TextField,
    WholeNumberField,
)


class KnownFields(serializers.Serializer[Any]):
    """A serializer that refuses fields it does not know, since a misspelt one would be lost silently."""

    answered: ClassVar[type[Struct] | None] = None
    """What is answered, if it is not what the serializer shows: its members may be sent back, and change nothing."""

    def to_internal_value(self, data: Any) -> Any:
        known = {*self.fields, *(names_of(self.answered) if self.answered else ())}
        if isinstance(data, dict) and (unknown := sorted(set(data) - known)):
            rule = f"unknown; the fields known here: {', '.join(self.fields)}"
            raise serializers.ValidationError({name: [rule] for name in unknown})
        return super().to_internal_value(data)


class KnownFieldsSerializer(KnownFields, serializers.ModelSerializer[Any]):
    """The same of a model."""

    serializer_related_field = IdField
    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.CharField: TextField,
        models.TextField: TextField,
        models.BigIntegerField: WholeNumberField,
        models.BooleanField: FlagField,
        models.DecimalField: ExactDecimalField,
        models.DateTimeField: MomentField,
        models.DateField: DayField,
    }


def caller_s_carrier(of: serializers.Field[Any, Any, Any, Any]) -> str | None:
    """Return the carrier that the caller is limited to."""
    request = of.context.get("request")
    return request.auth.carrier if request is not None and isinstance(request.auth, Access) else None


class SubscriptionField(IdField):
    """The id of a subscription; to a caller limited to a carrier, those of others do not exist."""

    def get_queryset(self) -> QuerySet[Subscription] | None:
        found: QuerySet[Subscription] | None = super().get_queryset()
        carrier = caller_s_carrier(self)
        return found.filter(carrier=carrier) if found is not None and carrier else found
