"""Adjustments as the API shows them and takes them in."""

from typing import Any

from rest_framework import serializers

from wingtel.api.common import examples
from wingtel.api.common.fields import (
    CurrencyField,
    TextField,
    WholeNumberField,
)
from wingtel.api.common.serializers import KnownFields, KnownFieldsSerializer, SubscriptionField
from wingtel.lifecycle.adjusting import LONGEST_ACTOR, LONGEST_REASON
from wingtel.lifecycle.answers import adjustment_answer
from wingtel.subscriptions.models import Subscription
from wingtel.usage.models import UsageAdjustment
from wingtel.usage.ranges import LARGEST_QUANTITY


@examples.example(examples.ADJUSTMENT, {"id": 1, **examples.ADJUSTMENT, **examples.ADJUSTMENT_MADE})
class AdjustmentSerializer(KnownFieldsSerializer):
    """A signed correction of what one subscription used and paid on one business day."""

    subscription_id = SubscriptionField(
        queryset=Subscription.objects.all(), source="subscription", help_text="May have been deleted."
    )
    unit = serializers.ChoiceField(choices=["kilobytes", "seconds"], read_only=True, help_text="The unit of used.")
    used = WholeNumberField(
        min_value=-LARGEST_QUANTITY, max_value=LARGEST_QUANTITY, default=0, help_text="Kilobytes or seconds."
    )
    currency = CurrencyField(required=False)
    reason = TextField(max_length=LONGEST_REASON, help_text="Why, for whoever asks later.")
    actor = TextField(max_length=LONGEST_ACTOR, help_text="Who made it.")
    reversed_by = serializers.IntegerField(read_only=True, allow_null=True, help_text="The adjustment that did.")

    class Meta:
        model = UsageAdjustment
        fields = (
            *("id", "subscription_id", "usage_type", "unit", "day", "used", "price", "currency", "reason", "actor"),
            *("created_at", "reverses", "reversed_by"),
        )
        read_only_fields = ("created_at", "reverses")

    def to_representation(self, instance: UsageAdjustment) -> dict[str, Any]:
        return adjustment_answer(instance)


@examples.example(examples.REVERSAL)
class ReversalSerializer(KnownFields):
    """The reason why an adjustment is reversed, and the actor."""

    reason = TextField(max_length=LONGEST_REASON, help_text="Why, for whoever asks later.")
    actor = TextField(max_length=LONGEST_ACTOR, help_text="Who made it.")
