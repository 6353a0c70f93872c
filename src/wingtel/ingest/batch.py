"""Usage records as columns: the one form in which they are validated, resolved, rated and written."""

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
"""The columns of a batch.

`position` is the line of a file or the index in a request; two records of different usage types may share one.
`identifier` is what the lookup finds the subscription by. `price` is null where a tariff has to tell it; `carrier` is
"" where none is known. No other value is null.
"""

KEY = ("record_id", "usage_date", "subscription_id")
"""With the usage type, the key of a record."""


def business_day(usage_date: pl.Expr, zone: str) -> pl.Expr:
    """Return the business days of timestamps in UTC; `zone` is the operator's time zone."""
    return usage_date.dt.convert_time_zone(zone).dt.date()


def days_of(records: pl.DataFrame) -> list[date]:
    """Return the business days (column `day`) of records, in order."""
    days = records["day"]
    first = cast("date | None", days.min())
    if first is None:
        return []
    return [first] if first == days.max() else days.unique().sort().to_list()


SAME_REFERENCE = timedelta(days=7)
"""The most time between the timestamps of records with one reference, where there may be one of each."""


class Lookup(StrEnum):
    """The kind of identifier by which records name their subscription."""

    ID = "id"
    PHONE_NUMBER = "phone_number"
    IMSI = "imsi"
    ICCID = "iccid"
    DEVICE_ID = "device_id"
    EXTERNAL_ID = "external_id"

    @property
    def kind(self) -> Kind:
        """The kind of dated identifier. Raises ValueError for an id, which is no dated one."""
        return Kind.MSISDN if self is Lookup.PHONE_NUMBER else Kind(self.value)

    @property
    def words(self) -> str:
        """The kind as it reads in a message."""
        return "subscription id" if self is Lookup.ID else self.kind.words

    @property
    def longest(self) -> int:
        """The most characters of such an identifier."""
        return 19 if self is Lookup.ID else LONGEST


class OnDuplicate(StrEnum):
    """The treatment of a record whose key is stored already.

    It is counted as duplicate or conflict, takes the place of the stored one where its amounts differ, or is rejected.
    """

    IGNORE = "ignore"
    REPLACE = "replace"
    REJECT = "reject"


@dataclass(frozen=True, kw_only=True)
class Origin:
    """The origin of a batch, told later of each of its records. See IngestBatch."""

    kind: IngestBatch.Origin
    reference: str
    name: str = ""
    first_line: int = 0


@dataclass(frozen=True, kw_only=True)
class IngestOptions:
    """The options of an ingestion.

    With a `carrier`, subscriptions of others are unknown. With `create_subscriptions`, unknown ones are created with
    the carrier of the latest record that names them. A `tariff` prices records that have no price. `since`: take
    records from this business day on, however late they are. `one_per_reference`: a record with the reference and
    subscription of one that is stored within SAME_REFERENCE of it is no new one, whatever its timestamp.
    `expects_duplicates`: compare with what is stored at once, not only when a key turns out to be; this changes the
    speed alone.
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
