"""Batches: usage records as columns, to be validated, resolved, rated and written."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import cast

import polars as pl

from wingtel.rating import Tariff
from wingtel.subscriptions.identifiers import LONGEST, Kind
from wingtel.usage.models import UsageType
from wingtel.usage.provenance import IngestBatch
from wingtel.usage.ranges import PRICE_DECIMALS, PRICE_DIGITS

USAGE_TYPES = pl.Enum(UsageType.values)
PRICES = pl.Decimal(PRICE_DIGITS, PRICE_DECIMALS)

COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "position": pl.Int64,
    "usage_type": USAGE_TYPES,
    "record_id": pl.String,
    "usage_date": pl.Datetime("us", "UTC"),
    "identifier": pl.String,
    "carrier": pl.String,
    "quantity": pl.Int64,
    "price": PRICES,
}
"""Columns of a batch.

`position` is the line of a file or the index in a request; two records of different usage types may share one.
`identifier` is the value of the lookup for the subscription. `price` is null if a tariff has to give it. `carrier` is
"" if it is not known. No other value is null.
"""

KEY = ("record_id", "usage_date", "subscription_id")
"""Key of a record, together with the usage type."""


def business_day(usage_date: pl.Expr, zone: str) -> pl.Expr:
    """Return the business days of timestamps in UTC. `zone` is the operator's time zone."""
    return usage_date.dt.convert_time_zone(zone).dt.date()


def days_of(records: pl.DataFrame) -> list[date]:
    """Return the business days (column `day`) of records, in order."""
    days = records["day"]
    first = cast("date | None", days.min())
    if first is None:
        return []
    return [first] if first == days.max() else days.unique().sort().to_list()


SAME_REFERENCE = timedelta(days=7)
"""Longest time between the timestamps of two records that `one_per_reference` counts as one."""


class Lookup(StrEnum):
    """Kind of identifier by which records name their subscription."""

    ID = "id"
    PHONE_NUMBER = "phone_number"
    IMSI = "imsi"
    ICCID = "iccid"
    DEVICE_ID = "device_id"
    EXTERNAL_ID = "external_id"

    @property
    def kind(self) -> Kind:
        """Kind of dated identifier. Raises ValueError for an id, which is no dated one."""
        return Kind.MSISDN if self is Lookup.PHONE_NUMBER else Kind(self.value)

    @property
    def words(self) -> str:
        """Name of the kind in a message."""
        return "subscription id" if self is Lookup.ID else self.kind.words

    @property
    def longest(self) -> int:
        """Longest such identifier, in characters."""
        return 19 if self is Lookup.ID else LONGEST


class OnDuplicate(StrEnum):
    """Treatment of a record whose key is stored already.

    It counts as a duplicate or a conflict, replaces the stored record if its amounts differ, or is rejected.
    """

    IGNORE = "ignore"
    REPLACE = "replace"
    REJECT = "reject"


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Origin of a batch, and so of each of its records. See IngestBatch."""

    kind: IngestBatch.Origin
    reference: str
    name: str = ""
    first_line: int = 0


@dataclass(frozen=True, kw_only=True)
class IngestOptions:
    """Options of an ingestion.

    With a `carrier`, subscriptions of other carriers are unknown. With `create_subscriptions`, unknown subscriptions
    are created, with the carrier of their latest record. A `tariff` rates records without a price. `since`: accept
    records from this business day on, however late they are. `one_per_reference`: a record is not new if one with its
    reference and subscription is stored within SAME_REFERENCE of its timestamp. `expects_duplicates`: compare with the
    stored records at once, not only after a key was found stored; this changes the speed alone.
    """

    lookup: Lookup = Lookup.ID
    carrier: str | None = None
    create_subscriptions: bool = False
    tariff: Tariff | None = None
    since: date | None = None
    on_duplicate: OnDuplicate = OnDuplicate.IGNORE
    one_per_reference: bool = False
    expects_duplicates: bool = False
    origin: Origin | None = None
