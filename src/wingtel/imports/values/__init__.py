"""Values of usage records: a module for each kind, each with one class that reads it.

A value is read from the texts of its columns in two ways. An expression of Polars reads a whole table, and is null for
what it is not sure of; a function reads one row, or raises ValueError with a reason to show. An expression may only
read what the function reads the same way, so it need not know every way to write a value.
"""

from .base import Value
from .carriers import CarrierValue
from .identifiers import IdentifierValue
from .prices import PriceValue, SharedPriceValue
from .quantities import QuantityValue
from .references import ReferenceValue
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
