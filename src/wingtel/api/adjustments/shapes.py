"""Request bodies of adjustments and reversals."""

from wingtel.adjustments.serialization import Adjustment
from wingtel.adjustments.services import LONGEST_ACTOR, LONGEST_REASON
from wingtel.api.common import examples
from wingtel.api.common.fields import (
    CurrencyField,
    TextField,
    WholeNumberField,
)
from wingtel.api.common.serializers import KnownFields, KnownFieldsSerializer, SubscriptionField
from wingtel.subscriptions.models import Subscription
from wingtel.usage.models import UsageAdjustment
from wingtel.usage.ranges import LARGEST_QUANTITY


@examples.example(examples.ADJUSTMENT)
class AdjustmentSerializer(KnownFieldsSerializer):
    """A signed correction of the usage and price of one subscription on one business day."""

    response_shape = Adjustment
    subscription_id = SubscriptionField(
        queryset=Subscription.objects.all(), source="subscription", help_text="May have been deleted."
    )
    used = WholeNumberField(
        min_value=-LARGEST_QUANTITY, max_value=LARGEST_QUANTITY, default=0, help_text="In the unit of the usage type."
    )
    currency = CurrencyField(required=False)
    reason = TextField(max_length=LONGEST_REASON, help_text="The reason, for later reference.")
    actor = TextField(max_length=LONGEST_ACTOR, help_text="The person or API key that made it.")

    class Meta:
        model = UsageAdjustment
        fields = ("subscription_id", "usage_type", "day", "used", "price", "currency", "reason", "actor")


@examples.example(examples.REVERSAL)
class ReversalSerializer(KnownFields):
    """Reason for a reversal, and the actor."""

    reason = TextField(max_length=LONGEST_REASON, help_text="The reason, for later reference.")
    actor = TextField(max_length=LONGEST_ACTOR, help_text="The person or API key that made it.")
