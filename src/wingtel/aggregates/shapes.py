"""Shapes of the usage answers, and the members that other bodies share with them."""

from datetime import date, datetime
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType, field

from wingtel.shapes import ColumnKind, one_of
from wingtel.usage.models import UsageType
from wingtel.usage.ranges import PRICE_DECIMALS, SUM_DIGITS

from .periods import Granularity

_MONEY = rf"^-?[0-9]{{1,{SUM_DIGITS - PRICE_DECIMALS}}}(\.[0-9]{{1,{PRICE_DECIMALS}}})?$"

SubscriptionId = Annotated[int, Meta(description="The subscription.", examples=[7])]
PhoneNumber = Annotated[
    str,
    Meta(description="The phone number that it has now, in E.164; empty where it has none.", examples=["+12025550100"]),
]
ExternalId = Annotated[
    str,
    Meta(
        description="The reference of another system that it has now; empty where it has none.",
        examples=["crm-100200"],
    ),
]
Unit = Annotated[str, one_of([each.unit for each in UsageType], "The unit of what was used.")]
Usage = Annotated[str, one_of(UsageType.values, "Data, voice or SMS.")]
Money = Annotated[
    str,
    Meta(
        description="An exact decimal, in the currency.",
        pattern=_MONEY,
        examples=["12.3000"],
        extra={"kind": ColumnKind.MONEY},
        extra_json_schema={"format": "decimal"},
    ),
]
Quantity = Annotated[
    int, Meta(description="The quantity used, in the unit.", examples=[123456], extra={"kind": ColumnKind.QUANTITY})
]
Records = Annotated[int, Meta(description="The number of usage records.", examples=[17])]
Currency = Annotated[
    str,
    Meta(description="The currency of every price, by its code of ISO 4217.", pattern="^[A-Z]{3}$", examples=["USD"]),
]
Timestamp = Annotated[datetime, Meta(tz=True, examples=["2026-07-01T09:30:00.123456Z"])]
AsOf = Annotated[Timestamp, Meta(description="The time, in UTC, as of which the answer is true.")]
First = Annotated[
    date | None,
    Meta(description="First business day; null: since the beginning.", examples=["2026-06-01"]),
]
Last = Annotated[date | None, Meta(description="Last business day; null: until now.", examples=["2026-06-30"])]
Next = Annotated[
    str | None,
    Meta(description="The following page, null on the last.", examples=[None], extra_json_schema={"format": "uri"}),
]


class RecordOrigin(Struct):
    """Origin of a raw record: the file and line of an import, or the index in a request."""

    import_id: Annotated[int | UnsetType, Meta(examples=[12])] = UNSET
    file: Annotated[str | UnsetType, Meta(examples=["att-20260310.csv"])] = UNSET
    line: Annotated[int | UnsetType, Meta(description="Counted from 1; in Parquet, the row.", examples=[2])] = UNSET
    request_id: str | UnsetType = UNSET
    index: Annotated[int | UnsetType, Meta(description="Counted from 0.")] = UNSET


class ExceededLimit(Struct):
    """A usage type whose total price reached the limit."""

    usage_type: Usage
    total_price: Annotated[
        Money, Meta(description="The total price of the usage type, in the currency.", examples=["31.2000"])
    ]
    exceeded_by: Annotated[
        Money,
        Meta(description="The part above the limit; zero if the total equals it.", examples=["6.2000"]),
    ]


class ExceedingSubscription(Struct):
    """A subscription that reached the limit, its largest excess first."""

    subscription_id: SubscriptionId
    phone_number: PhoneNumber
    external_id: ExternalId
    exceeded: list[ExceededLimit]


class Exceeding(Struct):
    """A page of the subscriptions that reached a limit."""

    price_limit: Annotated[Money, Meta(description="The requested limit.", examples=["25.00"])]
    currency: Currency
    from_: First = field(name="from")
    to: Last
    as_of: AsOf
    next: Next
    results: list[ExceedingSubscription]


class Metric(Struct):
    """Usage and price of a subscription for one usage type."""

    subscription_id: SubscriptionId
    phone_number: PhoneNumber
    external_id: ExternalId
    usage_type: Usage
    unit: Unit
    total_price: Annotated[Money, Meta(description="The price, in the currency.")]
    total_usage: Quantity
    records: Records


class Metrics(Struct):
    """A page of what subscriptions used and paid."""

    currency: Currency
    from_: First = field(name="from")
    to: Last
    as_of: AsOf
    next: Next
    results: list[Metric]


class SeriesPoint(Struct):
    """Usage of one day, or of the part of one month that lies in the period."""

    start: Annotated[
        date, Meta(description="First business day of the day or part of a month.", examples=["2026-06-03"])
    ]
    usage_type: Usage
    unit: Unit
    total_price: Annotated[Money, Meta(description="The price, in the currency.")]
    total_usage: Quantity
    records: Records


class Series(Struct):
    """Usage and price of one subscription, by day or month."""

    subscription_id: SubscriptionId
    phone_number: PhoneNumber
    external_id: ExternalId
    currency: Currency
    from_: First = field(name="from")
    to: Last
    granularity: Annotated[str, one_of(Granularity, "The length of time each result stands for.")]
    as_of: AsOf
    results: list[SeriesPoint]


class RawRecord(Struct):
    """A raw usage record in an export, and where it came from."""

    record_id: Annotated[str, Meta(description="The carrier's reference, or the one that Wingtel gave.")]
    subscription_id: SubscriptionId
    phone_number: PhoneNumber
    external_id: ExternalId
    usage_type: Usage
    unit: Unit
    usage_date: Annotated[Timestamp, Meta(description="The timestamp of the usage, in UTC.")]
    day: Annotated[date, Meta(description="Its business day.")]
    quantity: Annotated[int, Meta(description="The quantity used, in the unit.")]
    price: Annotated[Money, Meta(description="The price, in the currency.")]
    origin: Annotated[str, Meta(description="import or request; empty for what was written otherwise.")]
    reference: Annotated[str, Meta(description="The id of the import, or of the request.")]
    file: Annotated[str, Meta(description="The file of the import; empty for a request.")]
    line: Annotated[
        int | None,
        Meta(
            description="The line in the file, from 1, or the index in the request, from 0.",
            extra={"kind": ColumnKind.INTEGER_OR_NONE},
        ),
    ]
    currency: Currency
