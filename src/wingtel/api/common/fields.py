"""Fields of bodies that take exactly what the schema says of them, where REST framework's own would guess.

`"5"` is no number, `5` no text, `1e2` no price, and a moment has its offset from UTC: what is guessed at is wrong in
silence one day.
"""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from wingtel.aggregates.validation import DATE_RULE, LARGEST_ID, parse_date
from wingtel.subscriptions.identifiers import Kind, normalise
from wingtel.usage.currency import currency

SEEN = re.compile(r"[^\s\u0000-\u001f\u0085\ufeff]")
DECIMAL = re.compile(r"-?[0-9]{1,16}(\.[0-9]{1,8})?")
MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
MOMENT_RULE = "a moment in ISO 8601 with its offset from UTC, such as 2026-03-01T09:30:00Z"


class TextField(serializers.CharField):
    """Text, and nothing that could be made into text; where it may not be blank, with something to see in it."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        if not self.allow_blank and not SEEN.search(data):
            self.fail("blank")
        return super().to_internal_value(data)


IDENTIFIER_PATTERNS = {
    Kind.MSISDN: r"^(\+[1-9][0-9]{6,14})?$",
    Kind.IMSI: r"^([0-9]{6,15})?$",
    Kind.ICCID: r"^([0-9]{18,22})?$",
    Kind.DEVICE_ID: r"^[^\u0000-\u001f\u007f]{0,40}$",
    Kind.EXTERNAL_ID: r"^[^\u0000-\u001f\u007f]{0,100}$",
}
"""Normal forms, for the schema; other forms of the same are read too."""


class IdentifierField(TextField):
    """An identifier, kept in its normal form. Numbers without a calling code are of the `country` of the context."""

    def __init__(self, kind: Kind, help_text: str = "") -> None:
        text = "In any form; answered in E.164." if kind is Kind.MSISDN else help_text
        super().__init__(required=False, allow_blank=True, help_text=text)
        self.kind = kind

    @property
    def pattern(self) -> str:
        """Return the pattern of its normal form, for the schema."""
        return IDENTIFIER_PATTERNS[self.kind]

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        try:
            return normalise(self.kind, text, self.context["country"]) if text else text
        except ValueError as error:
            raise serializers.ValidationError(str(error)) from error


def whole(data: Any) -> int | None:
    """A whole number of JSON, which has 5.0 for one; None for anything else."""
    if type(data) is float and data.is_integer():
        return int(data)
    return data if type(data) is int else None


class WholeNumberField(serializers.IntegerField):
    """A whole number; no text of one."""

    def to_internal_value(self, data: Any) -> int:
        if (number := whole(data)) is None:
            self.fail("invalid")
        return number


class FlagField(serializers.BooleanField):
    """true or false; nothing that could be taken for one of them."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class ExactDecimalField(serializers.DecimalField):
    """An exact decimal in a text: JSON's own numbers are not exact everywhere."""

    default_error_messages = {"invalid": 'an exact decimal in a text, such as "0.1500"'}

    def to_internal_value(self, data: Any) -> Decimal:
        if not isinstance(data, str) or not DECIMAL.fullmatch(data):
            self.fail("invalid")
        return super().to_internal_value(data)


@extend_schema_field({"type": "string", "pattern": "^[A-Z]{3}$", "example": "USD"})
class CurrencyField(serializers.Field[Any, Any, str, Any]):
    """The operator's currency. It may be sent with a price, which is in no other: nothing is converted."""

    def __init__(self, **options: Any) -> None:
        super().__init__(source="*", help_text="The currency of every price, by its code of ISO 4217.", **options)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if data != currency():
            raise serializers.ValidationError(f"{currency()}, the currency of every price here; nothing is converted")
        return {}  # there is nothing to store

    def to_representation(self, value: Any) -> str:
        return currency()


class MomentField(serializers.DateTimeField):
    """A moment with its offset, kept and shown in UTC."""

    def to_internal_value(self, value: Any) -> datetime:
        if not isinstance(value, str) or not MOMENT.fullmatch(value):
            raise serializers.ValidationError(MOMENT_RULE)
        try:
            return super().to_internal_value(value.upper())
        except OverflowError as error:  # in the year 0 or 10 000 of UTC
            raise serializers.ValidationError(MOMENT_RULE) from error


class DayField(serializers.DateField):
    """A business day."""

    def to_internal_value(self, value: Any) -> date:
        try:
            return parse_date(value)
        except (TypeError, ValueError) as error:
            raise serializers.ValidationError(DATE_RULE) from error


class IdField(serializers.PrimaryKeyRelatedField[Any]):
    """The id of something that is there."""

    def to_internal_value(self, data: Any) -> Any:
        if (number := whole(data)) is None:
            self.fail("incorrect_type", data_type=type(data).__name__)
        if not 0 < number <= LARGEST_ID:
            self.fail("does_not_exist", pk_value=number)
        return super().to_internal_value(number)
