"""Fields of bodies that accept exactly what the schema says, where the fields of REST framework guess.

`"5"` is not a number, `5` is not a text, `1e2` is not a price, and a timestamp has its offset from UTC. A guess would
be wrong one day without an error.
"""

import re
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from wingtel.aggregates.validation import DATE_RULE, LARGEST_ID, parse_date
from wingtel.subscriptions.identifiers import Kind, normalise
from wingtel.usage.currency import currency

VISIBLE = re.compile(r"[^\s\u0000-\u001f\u0085\ufeff]")
DECIMAL = re.compile(r"-?[0-9]{1,16}(\.[0-9]{1,8})?")
TIMESTAMP = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
TIMESTAMP_RULE = "a timestamp in ISO 8601 with its offset from UTC, such as 2026-03-01T09:30:00Z"


class TextField(serializers.CharField):
    """A text. Other types are rejected, and so is a text without a visible character unless it may be blank."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        if not self.allow_blank and not VISIBLE.search(data):
            self.fail("blank")
        return super().to_internal_value(data)


IDENTIFIER_PATTERNS = {
    Kind.MSISDN: r"^(\+[1-9][0-9]{6,14})?$",
    Kind.IMSI: r"^([0-9]{6,15})?$",
    Kind.ICCID: r"^([0-9]{18,22})?$",
    Kind.DEVICE_ID: r"^[^\u0000-\u001f\u007f]{0,40}$",
    Kind.EXTERNAL_ID: r"^[^\u0000-\u001f\u007f]{0,100}$",
}
"""Patterns of the normal forms, for the schema. Other forms of the same values are accepted too."""


class IdentifierField(TextField):
    """An identifier, stored in its normal form. A number without calling code gets that of the context's `country`."""

    def __init__(self, kind: Kind, help_text: str = "") -> None:
        text = "In any form; answered in E.164." if kind is Kind.MSISDN else help_text
        super().__init__(required=False, allow_blank=True, help_text=text)
        self.kind = kind

    @property
    def pattern(self) -> str:
        """Return the pattern of the normal form, for the schema."""
        return IDENTIFIER_PATTERNS[self.kind]

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        try:
            return normalise(self.kind, text, self.context["country"]) if text else text
        except ValueError as error:
            raise serializers.ValidationError(str(error)) from error


def whole(data: Any) -> int | None:
    """Return a whole number of JSON, where 5.0 is one too; None for anything else."""
    if type(data) is float and data.is_integer():
        return int(data)
    return data if type(data) is int else None


class WholeNumberField(serializers.IntegerField):
    """A whole number. A text of one is rejected."""

    def to_internal_value(self, data: Any) -> int:
        if (number := whole(data)) is None:
            self.fail("invalid")
        return number


class FlagField(serializers.BooleanField):
    """A boolean: true or false, and no other value that could mean one of them."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class ExactDecimalField(serializers.DecimalField):
    """An exact decimal in a text, since some clients read numbers of JSON as floats."""

    default_error_messages = {"invalid": 'an exact decimal in a text, such as "0.1500"'}

    def to_internal_value(self, data: Any) -> Decimal:
        if not isinstance(data, str) or not DECIMAL.fullmatch(data):
            self.fail("invalid")
        return super().to_internal_value(data)


@extend_schema_field({"type": "string", "pattern": "^[A-Z]{3}$", "example": "USD"})
class CurrencyField(serializers.Field[Any, Any, str, Any]):
    """Operator's currency, which may be sent with a price. Another is rejected: nothing is converted."""

    def __init__(self, **options: Any) -> None:
        super().__init__(source="*", help_text="The currency of every price, by its code of ISO 4217.", **options)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if data != currency():
            raise serializers.ValidationError(f"{currency()}, the currency of every price here; nothing is converted")
        return {}  # there is nothing to store

    def to_representation(self, value: Any) -> str:
        return currency()


class TimestampField(serializers.DateTimeField):
    """A timestamp with its offset from UTC, stored and shown in UTC."""

    def default_timezone(self) -> tzinfo:
        """Return the zone that timestamps are shown in, whatever the zone of the project."""
        return UTC

    def to_internal_value(self, value: Any) -> datetime:
        if not isinstance(value, str) or not TIMESTAMP.fullmatch(value):
            raise serializers.ValidationError(TIMESTAMP_RULE)
        try:
            return super().to_internal_value(value.upper())
        except OverflowError as error:  # in UTC it is in the year 0 or 10 000
            raise serializers.ValidationError(TIMESTAMP_RULE) from error


class DayField(serializers.DateField):
    """A business day."""

    def to_internal_value(self, value: Any) -> date:
        try:
            return parse_date(value)
        except (TypeError, ValueError) as error:
            raise serializers.ValidationError(DATE_RULE) from error


class IdField(serializers.PrimaryKeyRelatedField[Any]):
    """Id of an existing row."""

    def to_internal_value(self, data: Any) -> Any:
        if (number := whole(data)) is None:
            self.fail("incorrect_type", data_type=type(data).__name__)
        if not 0 < number <= LARGEST_ID:
            self.fail("does_not_exist", pk_value=number)
        return super().to_internal_value(number)
