"""Request and response bodies of dated identifiers and plans."""

from typing import Any

from rest_framework import serializers

from wingtel.aggregates.validation import LARGEST_ID
from wingtel.api.common import examples
from wingtel.api.common.fields import IdField, TextField, TimestampField, WholeNumberField
from wingtel.api.common.serializers import KnownFields, SubscriptionField
from wingtel.subscriptions.identifiers import Kind
from wingtel.subscriptions.models import Plan, Subscription, SubscriptionIdentifier, SubscriptionPlan

_FROM = "Included. Null: from the beginning; without it, from now on."
_TO = "Not included. Null or without it: until further notice."
_AT = "Without it, now."


@examples.example(response=examples.IDENTIFIER)
class IdentifierSerializer(serializers.ModelSerializer[SubscriptionIdentifier]):
    """A value that identifies a subscription in usage records, from `valid_from` until before `valid_to`."""

    subscription_id = serializers.IntegerField(read_only=True)

    class Meta:
        model = SubscriptionIdentifier
        fields = ("id", "subscription_id", "kind", "value", "valid_from", "valid_to", "created_at")


@examples.example(examples.ASSIGNMENT)
class AssignmentSerializer(KnownFields):
    """An identifier to assign."""

    kind = serializers.ChoiceField(choices=Kind.choices)
    value = TextField(max_length=100, help_text="In any form, such as (202) 555-0100; kept in its normal form.")
    valid_from = TimestampField(required=False, allow_null=True, help_text=_FROM)
    valid_to = TimestampField(required=False, allow_null=True, help_text=_TO)
    replaces = WholeNumberField(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=LARGEST_ID,
        help_text="The id of the identifier of the same kind that ends when this one begins.",
    )


@examples.example({"at": "2026-03-01T00:00:00Z"})
class EndSerializer(KnownFields):
    """Time at which an identifier ends."""

    at = TimestampField(required=False, help_text=_AT)


@examples.example({"subscription_id": 8, "at": "2026-03-01T00:00:00Z"})
class MoveSerializer(KnownFields):
    """Subscription that an identifier is moved to, and the time."""

    subscription_id = SubscriptionField(queryset=Subscription.objects.current())
    at = TimestampField(required=False, help_text=_AT)


@examples.example(response=examples.SUBSCRIPTION_PLAN)
class SubscriptionPlanSerializer(serializers.ModelSerializer[SubscriptionPlan]):
    """Plan of a subscription from `valid_from` until before `valid_to`."""

    class Meta:
        model = SubscriptionPlan
        fields = ("plan", "valid_from", "valid_to", "created_at")


@examples.example(response={"results": [examples.SUBSCRIPTION_PLAN]})
class SubscriptionPlansShape(serializers.Serializer[Any]):
    """All plans of a subscription, in the order of their periods."""

    results = SubscriptionPlanSerializer(many=True)


@examples.example({"plan": 2, "valid_from": "2026-03-01T00:00:00Z"})
class PlanChangeSerializer(KnownFields):
    """A plan, and the period in which a subscription has it."""

    plan = IdField(queryset=Plan.objects.all(), allow_null=True, help_text="Null: none.")
    valid_from = TimestampField(required=False, allow_null=True, help_text=_FROM)
    valid_to = TimestampField(required=False, allow_null=True, help_text=_TO)
