"""Request bodies of usage records, and the response with their outcomes."""

from typing import Annotated, Any, cast

import msgspec
from drf_spectacular.utils import OpenApiExample
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from wingtel.aggregates.shapes import Currency, Money, Usage
from wingtel.ingest.batch import Lookup
from wingtel.shapes import example_of
from wingtel.usage.ranges import LARGEST_QUANTITY, PRICE_DECIMALS, PRICE_DIGITS

MAX_RECORDS = 10_000
_PRICE = rf"^[0-9]{{1,{PRICE_DIGITS - PRICE_DECIMALS}}}(\.[0-9]{{1,{PRICE_DECIMALS}}})?$"


class RecordBody(Struct, forbid_unknown_fields=True, gc=False, kw_only=True):
    """One usage record. The identifier selected by `lookup` identifies its subscription."""

    # Ranges are in the schema only: ingestion checks them. A price is decoded as it was written, so it stays exact.

    record_id: Annotated[
        str | UnsetType,
        Meta(
            description="The carrier's reference; a record that has the same is a duplicate.",
            examples=["att-20260301-000001"],
            extra_json_schema={"minLength": 1, "maxLength": 100},
        ),
    ] = UNSET
    usage_type: Usage
    usage_date: Annotated[
        str,
        Meta(
            description="The timestamp, in ISO 8601 with its offset from UTC.",
            examples=["2026-03-01T09:30:00Z"],
            extra_json_schema={"format": "date-time"},
        ),
    ]
    quantity: Annotated[
        int,
        Meta(
            description="Kilobytes of data, seconds of voice, or messages.",
            examples=[20480],
            extra_json_schema={"minimum": 0, "maximum": LARGEST_QUANTITY, "format": "int64"},
        ),
    ]
    price: Annotated[
        Raw | UnsetType,
        Meta(
            description="An exact decimal; needed where the server has no tariff.",
            examples=["0.3000"],
            extra_json_schema={"type": "string", "format": "decimal", "pattern": _PRICE},
        ),
    ] = UNSET


IDENTIFIERS = {lookup: "subscription_id" if lookup is Lookup.ID else lookup.value for lookup in Lookup}
"""Field that identifies the subscription, by lookup."""


_KINDS: dict[Lookup, Any] = dict.fromkeys(Lookup, str) | {Lookup.ID: int | str}


def _body(name: str, members: list[Any]) -> type[RecordBody]:
    """Return the body of a record with the members that identify its subscription."""
    struct = msgspec.defstruct(
        name,
        members,
        bases=(RecordBody,),
        namespace={"__doc__": RecordBody.__doc__},
        forbid_unknown_fields=True,
        gc=False,
        kw_only=True,
    )
    return cast("type[RecordBody]", struct)


BODIES = {lookup: _body("IdentifiedRecord", [(IDENTIFIERS[lookup], _KINDS[lookup])]) for lookup in Lookup}
"""Body of a record that identifies its subscription by one kind of identifier, by lookup."""

UsageRecord = _body(
    "UsageRecord",
    [
        (
            IDENTIFIERS[lookup],
            Annotated[
                kind | UnsetType,
                Meta(description=f"Where lookup is {lookup}.", examples=[7] if lookup is Lookup.ID else None),
            ],
            UNSET,
        )
        for lookup, kind in _KINDS.items()
    ],
)
"""Body of a record with every possible identifier, for the schema."""

USAGE_RECORDS = {
    "type": "array",
    "maxItems": MAX_RECORDS,
    "items": {"$ref": "#/components/schemas/UsageRecordRequest"},
    "description": "An invalid record is rejected on its own, in the reply.",
}
"""Body of a request to ingest usage."""

USAGE_RECORDS_EXAMPLE = OpenApiExample("A data session", request_only=True, value=[example_of(UsageRecord)])

Index = Annotated[int, Meta(description="Its place in the request, counted from 0.", examples=[1])]


class IngestConflict(Struct):
    """A record whose key is stored with another quantity or price."""

    index: Index
    stored_quantity: Annotated[int, Meta(description="In the unit of the usage type.", examples=[20480])]
    stored_price: Annotated[Money, Meta(examples=["0.3000"])]


class Rejection(Struct):
    """A record that was not ingested."""

    index: Annotated[Index, Meta(examples=[2])]
    field: Annotated[
        str | None,
        Meta(description="The invalid field; null for the record itself.", examples=["subscription_id"]),
    ]
    reason: Annotated[str, Meta(examples=["unknown subscription id 9000"])]


class Ingested(Struct):
    """Outcomes of the records: accepted + duplicate + conflict + rejected = records."""

    records: Annotated[int, Meta(description="The number of records in the request.", examples=[3])]
    accepted: Annotated[int, Meta(description="Stored and counted.", examples=[1])]
    duplicate: Annotated[int, Meta(description="Stored before; nothing changed.", examples=[0])]
    conflict: Annotated[int, Meta(description="Stored before with another amount; nothing changed.", examples=[1])]
    rejected: Annotated[int, Meta(description="Rejected, for the reasons in rejections.", examples=[1])]
    currency: Currency
    conflicts: list[IngestConflict]
    rejections: list[Rejection]
