"""Validation of the parameters of usage queries, for the API and the commands."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from wingtel.subscriptions import carriers
from wingtel.subscriptions.identifiers import Kind, normalise
from wingtel.usage.models import UsageType

from .periods import EARLIEST, LATEST

PRICE_LIMIT_RULE = "a plain decimal greater than 0 with up to 16 digits before the point and 4 after it"
LARGEST_ID = 2**63 - 1
SUBSCRIPTION_ID_RULE = f"an id between 1 and {LARGEST_ID}"
DATE_RULE = f"a date YYYY-MM-DD from {EARLIEST} to {LATEST}"

# Dates from 1900 to 9998, for the schema.
DATE_PATTERN = "^(?!9999)(19|[2-9][0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}$"
DATE_SCHEMA = {"type": "string", "format": "date", "pattern": DATE_PATTERN}
CODE = "[a-z][a-z0-9_-]{0,9}"
_EDGE = r"[^\u0000-\u0020\u007f\u00a0]"
EXTERNAL_ID_PATTERN = rf"^{_EDGE}([^\u0000-\u001f\u007f]{{0,98}}{_EDGE})?$"


def parse_price_limit(text: str) -> Decimal:
    """Return a positive amount that numeric(20,4) holds. Raises ValueError."""
    if not re.fullmatch(r"[0-9]{1,16}(\.[0-9]{1,4})?", text) or not Decimal(text):
        raise ValueError(text)
    return Decimal(text)


def parse_date(text: str) -> date:
    """Return a day written YYYY-MM-DD that a period may begin or end with. Raises ValueError."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError(text)
    if not EARLIEST <= (day := date.fromisoformat(text)) <= LATEST:
        raise ValueError(text)
    return day


def parse_subscription_id(text: str) -> int:
    """Return a positive bigint. Raises ValueError."""
    if not re.fullmatch(r"[0-9]{1,19}", text) or not 0 < int(text) <= LARGEST_ID:
        raise ValueError(text)
    return int(text)


def parse_phone_number(text: str) -> list[str]:
    """Return the normal forms of a phone number. Raises ValueError.

    A leading + that HTTP did not encode comes as a space.
    """
    return carriers.forms_of(Kind.MSISDN, f"+{text[1:]}" if text.startswith(" ") else text)


def parse_external_id(text: str) -> str:
    """Return an external id in its normal form. Raises ValueError."""
    return normalise(Kind.EXTERNAL_ID, text, "")


def parse_carrier(code: Any) -> str:
    """Return the code of a carrier, which may not exist. Raises ValueError."""
    if not isinstance(code, str) or not re.fullmatch(CODE, code):
        raise ValueError(code)
    return code


@dataclass(frozen=True)
class Parameter:
    """One parameter. `parse` raises ValueError for a text that breaks `rule`; `many` may be repeated.

    `schema` is the JSON schema of its text, `description` its meaning.
    """

    name: str
    rule: str
    parse: Callable[[str], Any]
    schema: dict[str, Any]
    description: str
    required: bool = False
    many: bool = False
    default: Any = None


PRICE_LIMIT = Parameter(
    name="price_limit",
    rule=PRICE_LIMIT_RULE,
    parse=parse_price_limit,
    schema={
        "type": "string",
        "pattern": r"^(?!0+(\.0+)?$)[0-9]{1,16}(\.[0-9]{1,4})?$",
        "examples": ["25.00"],
    },
    description="The limit on the total price of a usage type; a total that equals it has reached it.",
    required=True,
)
USAGE_TYPE = Parameter(
    name="usage_type",
    rule=f"one of {', '.join(UsageType.values)}",
    parse=UsageType,
    schema={"type": "string", "enum": list(UsageType.values)},
    description="Only this usage type; without it, each on its own.",
)
FROM = Parameter(
    name="from",
    rule=DATE_RULE,
    parse=parse_date,
    schema=DATE_SCHEMA,
    description="First business day of the period, included; without it, since the beginning.",
)
TO = Parameter(
    name="to",
    rule=f"{DATE_RULE}, not before from",
    parse=parse_date,
    schema=DATE_SCHEMA,
    description="Last business day of the period, included; without it, until now.",
)
REQUIRED_FROM = replace(FROM, required=True, description="First business day of the period, included.")
REQUIRED_TO = replace(TO, required=True, description="Last business day of the period, included.")
SUBSCRIPTION_ID = Parameter(
    name="subscription_id",
    rule=SUBSCRIPTION_ID_RULE,
    parse=parse_subscription_id,
    schema={"type": "integer", "format": "int64", "minimum": 1, "maximum": LARGEST_ID},
    description="Only this subscription; repeat it for several.",
    many=True,
)
PHONE_NUMBER = Parameter(
    name="phone_number",
    rule="a phone number, in any form, of 7 to 15 digits with the calling code",
    parse=parse_phone_number,
    schema={"type": "string", "pattern": r"^\+[1-9][0-9]{6,14}$", "examples": ["+12025550100"]},
    description="Only the subscription that has this phone number now, and deleted ones that had it to the end; repeat "
    "it for several.",
    many=True,
)
EXTERNAL_ID = Parameter(
    name="external_id",
    rule="an external id of 1 to 100 characters",
    parse=parse_external_id,
    schema={"type": "string", "pattern": EXTERNAL_ID_PATTERN, "examples": ["crm-100200"]},
    description="Only the subscription that has this external id now, and deleted ones that had it to the end; repeat "
    "it for several.",
    many=True,
)
CARRIER = Parameter(
    name="carrier",
    rule="the code of a carrier, such as att",
    parse=lambda code: carriers.check(parse_carrier(code)),
    schema={"type": "string", "pattern": f"^{CODE}$"},
    description="Only subscriptions of this carrier.",
)
