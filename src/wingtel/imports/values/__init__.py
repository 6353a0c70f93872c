"""Values of usage records: a class for each kind of value, which reads it.

A value is read from the texts of its columns in two ways. A Polars expression reads a whole table, and is null where it
is not sure. A function reads one row, or raises ValueError with a reason to show. The expression has to agree with the
function, but may be null for rare texts.
"""

from .base import Value
from .identifiers import CarrierValue, IdentifierValue, ReferenceValue
from .prices import PriceValue, SharedPriceValue
from .quantities import QuantityValue
from .timestamps import TimestampValue
from .usage_types import UsageByQuantity, UsageTypeValue

__all__ = [
    "CarrierValue",
    "IdentifierValue",
    "PriceValue",
    "QuantityValue",
    "ReferenceValue",
    "SharedPriceValue",
    "TimestampValue",
    "UsageByQuantity",
    "UsageTypeValue",
    "Value",
]
