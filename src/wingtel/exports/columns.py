"""The columns of the exports, with their units and kinds."""

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """The type of a column's values. Money is an exact decimal with eight digits after the point at most."""

    WHOLE = "a whole number"
    WHOLE_OR_NONE = "a whole number, or none"
    QUANTITY = "a whole number, which may have more than 64 bits"
    MONEY = "money"
    WORD = "a word"
    TEXT = "a text, empty where there is none"
    DAY = "a day"
    TIMESTAMP = "a timestamp in UTC, exact to the microsecond"


@dataclass(frozen=True)
class Column:
    """One column, and what its values mean."""

    name: str
    kind: Kind
    meaning: str


_SUBSCRIPTION = Column("subscription_id", Kind.WHOLE, "The subscription.")
_NAMED = (
    _SUBSCRIPTION,
    Column("phone_number", Kind.TEXT, "The phone number that it has now, in E.164."),
    Column("external_id", Kind.TEXT, "The reference of another system that it has now."),
)
_USAGE_TYPE = Column("usage_type", Kind.WORD, "data or voice.")
_CURRENCY = Column("currency", Kind.WORD, "The currency of every price: the code of ISO 4217.")
_USED = (
    _USAGE_TYPE,
    Column("unit", Kind.WORD, "The unit of total_usage: kilobytes or seconds."),
    Column("total_price", Kind.MONEY, "What was paid, in the currency."),
    Column("total_usage", Kind.QUANTITY, "What was used, in the unit."),
    Column("records", Kind.WHOLE, "How many usage records that is."),
    _CURRENCY,
)

EXCEEDING = (
    *_NAMED,
    _USAGE_TYPE,
    Column("total_price", Kind.MONEY, "What was paid for the usage type, in the currency."),
    Column("exceeded_by", Kind.MONEY, "How much of it lies above the limit; zero where it meets it exactly."),
    _CURRENCY,
)
METRICS = (*_NAMED, *_USED)
SERIES = (_SUBSCRIPTION, Column("start", Kind.DAY, "First business day of the day or part of a month."), *_USED)
RECORDS = (
    Column("record_id", Kind.TEXT, "The carrier's reference, or the one that Wingtel gave."),
    *_NAMED,
    _USAGE_TYPE,
    Column("unit", Kind.WORD, "The unit of quantity: kilobytes or seconds."),
    Column("usage_date", Kind.TIMESTAMP, "When it was used, in UTC."),
    Column("day", Kind.DAY, "Its business day."),
    Column("quantity", Kind.WHOLE, "What was used, in the unit."),
    Column("price", Kind.MONEY, "What was paid, in the currency."),
    Column("origin", Kind.TEXT, "import or request; empty for what was written otherwise."),
    Column("reference", Kind.TEXT, "The id of the import, or of the request."),
    Column("file", Kind.TEXT, "The file of the import; empty for a request."),
    Column("line", Kind.WHOLE_OR_NONE, "The line in the file, from 1, or the index in the request, from 0."),
    _CURRENCY,
)
