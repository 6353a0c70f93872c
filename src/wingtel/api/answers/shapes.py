"""Bodies of the usage answers, for the schema."""

from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from wingtel.aggregates.queries import Granularity
from wingtel.api.common import negotiation
from wingtel.api.common.fields import CurrencyField, MoneyField
from wingtel.usage.models import UsageType


class NamedSubscriptionShape(serializers.Serializer[Any]):
    """The subscription that a result or an answer is of."""

    subscription_id = serializers.IntegerField()
    phone_number = serializers.CharField(help_text="The one that it has now, in E.164; empty where it has none.")
    external_id = serializers.CharField(help_text="The one that it has now; empty where it has none.")


class AnswerShape(serializers.Serializer[Any]):
    """Fields of all answers."""

    currency = CurrencyField(read_only=True)
    to = serializers.DateField(allow_null=True)
    as_of = serializers.DateTimeField(help_text="The moment, in UTC, that the answer is true of.")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {"from": serializers.DateField(allow_null=True), **super().get_fields()}


class UsageShape(serializers.Serializer[Any]):
    """Usage and price of one usage type."""

    usage_type = serializers.ChoiceField(choices=UsageType.choices)
    unit = serializers.ChoiceField(choices=["kilobytes", "seconds"], help_text="The unit of total_usage.")
    total_price = MoneyField()
    total_usage = serializers.IntegerField()
    records = serializers.IntegerField(help_text="How many usage records that is.")


class ExceededLimitShape(serializers.Serializer[Any]):
    """A usage type whose total price reached the limit."""

    usage_type = serializers.ChoiceField(choices=UsageType.choices)
    total_price = MoneyField()
    exceeded_by = MoneyField()


class ExceedingSubscriptionShape(NamedSubscriptionShape):
    """A subscription that reached the limit, its largest excess first."""

    exceeded = ExceededLimitShape(many=True)


class PageShape(AnswerShape):
    """Fields of all pages."""

    next = serializers.URLField(allow_null=True, help_text="The following page, null on the last.")


class ExceedingShape(PageShape):
    """A page of the subscriptions that reached a limit."""

    price_limit = MoneyField()
    results = ExceedingSubscriptionShape(many=True)


class MetricShape(NamedSubscriptionShape, UsageShape):
    """Usage and price of a subscription for one usage type."""


class MetricsShape(PageShape):
    """A page of what subscriptions used and paid."""

    results = MetricShape(many=True)


class SeriesPointShape(UsageShape):
    """Usage of one day, or of the part of one month that lies in the period."""

    start = serializers.DateField(help_text="Its first day.")


class SeriesShape(NamedSubscriptionShape, AnswerShape):
    """Usage and price of one subscription, by day or month."""

    granularity = serializers.ChoiceField(choices=[grain.value for grain in Granularity])
    results = SeriesPointShape(many=True)


EXCEEDING_EXAMPLE = OpenApiExample(
    "One subscription over 25.00 on data",
    response_only=True,
    status_codes=["200"],
    media_type=negotiation.JSON,
    value={
        "price_limit": "25.00",
        "currency": "USD",
        "from": None,
        "to": None,
        "as_of": "2026-07-01T09:30:00.123456Z",
        "next": None,
        "results": [
            {
                "subscription_id": 7,
                "phone_number": "+12025550100",
                "external_id": "crm-100200",
                "exceeded": [{"usage_type": "data", "total_price": "31.2000", "exceeded_by": "6.2000"}],
            }
        ],
    },
)


METRICS_EXAMPLE = OpenApiExample(
    "One subscription in June",
    response_only=True,
    status_codes=["200"],
    media_type=negotiation.JSON,
    value={
        "currency": "USD",
        "from": "2026-06-01",
        "to": "2026-06-30",
        "as_of": "2026-07-01T09:30:00.123456Z",
        "next": None,
        "results": [
            {
                "subscription_id": 7,
                "phone_number": "+12025550100",
                "external_id": "crm-100200",
                "usage_type": "data",
                "unit": "kilobytes",
                "total_price": "12.3000",
                "total_usage": 123456,
                "records": 17,
            }
        ],
    },
)


SERIES_EXAMPLE = OpenApiExample(
    "One day of calls",
    response_only=True,
    status_codes=["200"],
    media_type=negotiation.JSON,
    value={
        "subscription_id": 7,
        "phone_number": "+12025550100",
        "external_id": "crm-100200",
        "currency": "USD",
        "from": "2026-06-01",
        "to": "2026-06-30",
        "granularity": "day",
        "as_of": "2026-07-01T09:30:00.123456Z",
        "results": [
            {
                "start": "2026-06-03",
                "usage_type": "voice",
                "unit": "seconds",
                "total_price": "1.5000",
                "total_usage": 340,
                "records": 3,
            }
        ],
    },
)
