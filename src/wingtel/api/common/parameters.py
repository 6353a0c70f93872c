"""Query parameters: their rules, parsers and descriptions in the schema."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, Self

from django.http import QueryDict
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import PermissionDenied

from wingtel.access.scopes import Access
from wingtel.aggregates import validation
from wingtel.aggregates.filters import SubscriptionFilter, ids_named
from wingtel.aggregates.periods import Granularity, Period
from wingtel.aggregates.queries import ExceedingPosition, MetricsPosition
from wingtel.aggregates.validation import (
    LARGEST_ID,
    SUBSCRIPTION_ID_RULE,
    Parameter,
    parse_carrier,
    parse_date,
    parse_subscription_id,
)
from wingtel.exports.formats import Format
from wingtel.ingest.batch import Lookup
from wingtel.subscriptions.identifiers import LONGEST
from wingtel.subscriptions.models import Subscription
from wingtel.usage.models import UsageDay, UsageType

from . import cursors, negotiation
from .errors import InvalidParameters, ProblemDetail, preview

LARGEST_PAGE = 1000
DEFAULT_PAGE = 100


class QueryParameter(Parameter):
    """One query parameter."""

    @classmethod
    def of(cls, parameter: Parameter, **changes: Any) -> Self:
        """Return a parameter as a query parameter, with some attributes changed."""
        return cls(**(vars(parameter) | changes))

    def read(self, query: QueryDict, errors: list[ProblemDetail]) -> Any:
        """Return the value in `query`, or the default. Append what is wrong to `errors`."""
        texts = query.getlist(self.name)
        if not texts:
            if self.required:
                errors.append(ProblemDetail(parameter=self.name, rule=f"required: {self.rule}", value=None))
            return [] if self.many else self.default
        if len(texts) > 1 and not self.many:
            errors.append(self._error("given only once", ", ".join(texts)))
            return self.default
        values = [self._parse(text, errors) for text in texts]
        return values if self.many else values[0]

    def _parse(self, text: str, errors: list[ProblemDetail]) -> Any:
        try:
            return self.parse(text)
        except ValueError:
            errors.append(self._error(self.rule, text))
            return None

    def _error(self, rule: str, text: str) -> ProblemDetail:
        return ProblemDetail(parameter=self.name, rule=rule, value=preview(text))

    def documented(self) -> OpenApiParameter:
        """Return the parameter as the schema documents it."""
        return OpenApiParameter(
            name=self.name,
            type={"type": "array", "items": self.schema} if self.many else self.schema,
            location=OpenApiParameter.QUERY,
            required=self.required,
            description=f"{self.description} Must be {self.rule}.",
            default=self.default,
        )


def read(query: QueryDict, parameters: Sequence[QueryParameter]) -> dict[str, Any]:
    """Return the values of `parameters` by name. Raises InvalidParameters with every error and unknown parameter."""
    known = ", ".join(parameter.name for parameter in parameters) or "none"
    names = {parameter.name for parameter in parameters}
    errors = [
        ProblemDetail(parameter=name, rule=f"unknown; the parameters known here: {known}", value=preview(query[name]))
        for name in query
        if name not in names
    ]
    values = {parameter.name: parameter.read(query, errors) for parameter in parameters}
    if errors:
        raise InvalidParameters(errors)
    return values


def period_of(values: dict[str, Any]) -> Period:
    """Return the period between `from` and `to`. Raises InvalidParameters if they are reversed."""
    first, last = values["from"], values["to"]
    if first and last and last < first:
        rule = f"not before from, {first}"
        raise InvalidParameters([ProblemDetail(parameter="to", rule=rule, value=last.isoformat())])
    return Period(first, last)


def usage_types_of(values: dict[str, Any]) -> tuple[UsageType, ...]:
    """Return the one requested usage type, or all."""
    return (values["usage_type"],) if values["usage_type"] else tuple(UsageType)


def filter_of(values: dict[str, Any], access: Access) -> SubscriptionFilter:
    """Return the filter that a caller requests. A caller limited to a carrier gets only its subscriptions.

    Raises PermissionDenied for another carrier than the caller's.
    """
    if access.carrier and values["carrier"] not in (None, access.carrier):
        raise PermissionDenied(f"{access.name} is limited to the carrier {access.carrier}.")
    return SubscriptionFilter(
        subscription_ids=ids_named(
            subscription_ids=values["subscription_id"],
            phone_numbers=[form for forms in values["phone_number"] for form in forms],
            external_ids=values["external_id"],
        ),
        carrier=access.carrier or values["carrier"],
        plan_id=values["plan"],
    )


def valid_id(number: Any) -> int:
    """Return `number` if it can be an id. Raises ValueError otherwise."""
    if type(number) is not int or not 0 < number <= LARGEST_ID:
        raise ValueError(number)
    return number


def parse_page_size(text: str) -> int:
    """Return a page size. Raises ValueError."""
    if not re.fullmatch(r"[0-9]{1,4}", text) or not 1 <= int(text) <= LARGEST_PAGE:
        raise ValueError(text)
    return int(text)


def parse_exceeding_cursor(cursor: str) -> ExceedingPosition:
    """Return the end of a page of `exceeding`. Raises ValueError."""
    price, subscription_id = cursors.decode(cursor)
    if not isinstance(price, str) or not re.fullmatch(r"[0-9]{1,30}(\.[0-9]{1,10})?", price):
        raise ValueError(cursor)
    return ExceedingPosition(price=Decimal(price), subscription_id=valid_id(subscription_id))


def parse_metrics_cursor(cursor: str) -> MetricsPosition:
    """Return the end of a page of `metrics`. Raises ValueError."""
    subscription_id, usage_type = cursors.decode(cursor)
    return MetricsPosition(subscription_id=valid_id(subscription_id), usage_type=UsageType(usage_type))


def parse_id_cursor(cursor: str) -> int:
    """Return the last id of a page in the order of ids. Raises ValueError."""
    (number,) = cursors.decode(cursor)
    return valid_id(number)


def parse_day_cursor(cursor: str) -> date:
    """Return the last day of a page in the order of days. Raises ValueError."""
    (day,) = cursors.decode(cursor)
    if not isinstance(day, str):
        raise ValueError(cursor)
    return parse_date(day)


def parse_carrier_cursor(cursor: str) -> str:
    """Return the last carrier of a page in the order of codes. Raises ValueError."""
    (code,) = cursors.decode(cursor)
    return parse_carrier(code)


def parse_text(text: Any) -> str:
    """Return a text that PostgreSQL can hold. Raises ValueError."""
    if not isinstance(text, str) or not 0 < len(text) <= LONGEST or "\0" in text:
        raise ValueError(text)
    return text


def parse_boolean(text: str) -> bool:
    """Return True or False for `true` or `false`. Raises ValueError."""
    if text not in ("true", "false"):
        raise ValueError(text)
    return text == "true"


PRICE_LIMIT = QueryParameter.of(validation.PRICE_LIMIT)
USAGE_TYPE = QueryParameter.of(validation.USAGE_TYPE)
FROM = QueryParameter.of(validation.FROM)
TO = QueryParameter.of(validation.TO)
REQUIRED_FROM = QueryParameter.of(validation.REQUIRED_FROM)
REQUIRED_TO = QueryParameter.of(validation.REQUIRED_TO)
SUBSCRIPTION_ID = QueryParameter.of(validation.SUBSCRIPTION_ID)
PHONE_NUMBER = QueryParameter.of(
    validation.PHONE_NUMBER, description=f"{validation.PHONE_NUMBER.description} A + is sent as %2B."
)
EXTERNAL_ID = QueryParameter.of(validation.EXTERNAL_ID)
CARRIER = QueryParameter.of(validation.CARRIER)
PLAN = QueryParameter(
    name="plan",
    rule=SUBSCRIPTION_ID_RULE,
    parse=parse_subscription_id,
    schema={"type": "integer", "format": "int64", "minimum": 1, "maximum": LARGEST_ID},
    description="Only subscriptions whose current plan is the one of this id.",
)
PAGE_SIZE = QueryParameter(
    name="page_size",
    rule=f"a whole number between 1 and {LARGEST_PAGE}",
    parse=parse_page_size,
    schema={"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE},
    description="The largest number of results on a page.",
    default=DEFAULT_PAGE,
)
GRANULARITY = QueryParameter(
    name="granularity",
    rule="day or month",
    parse=Granularity,
    schema={"type": "string", "enum": [grain.value for grain in Granularity]},
    description="The length of time each result stands for.",
    default=Granularity.DAY,
)
CURSOR = QueryParameter(
    name="cursor",
    rule="a cursor from `next` of the previous page",
    parse=parse_id_cursor,
    schema={"type": "string", "format": "cursor-of-ids"},
    description="The position at which the previous page ended.",
)
LOOKUP = QueryParameter(
    name="lookup",
    rule=f"one of {', '.join(Lookup)}",
    parse=Lookup,
    schema={"type": "string", "enum": list(Lookup)},
    description="The identifier by which records name their subscription, in the field of that name (subscription_id "
    "for id). Each record is matched, and rated, as of its usage_date.",
    default=Lookup.ID,
)
ATOMIC = QueryParameter(
    name="atomic",
    rule="true or false",
    parse=parse_boolean,
    schema={"type": "boolean"},
    description="With true, nothing is ingested when one record is rejected or a conflict.",
    default=False,
)
FORMAT = QueryParameter(
    name="format",
    rule=f"one of {', '.join(negotiation.NAMES)}",
    parse=str,  # wingtel.api.common.negotiation rejects other formats
    schema={"type": "string", "enum": list(negotiation.NAMES)},
    description="The format; it takes precedence over the header Accept. json is a page; the others are files of every "
    "result, together with which neither page_size nor cursor may be given.",
    default=negotiation.JSON_BY_NAME,
)
STATE = QueryParameter(
    name="state",
    rule=f"one of {', '.join(UsageDay.State.values)}",
    parse=UsageDay.State,
    schema={"type": "string", "enum": list(UsageDay.State.values)},
    description="Only days in this state.",
)


def _identifier(lookup: Lookup) -> QueryParameter:
    return QueryParameter(
        name=lookup.value,
        rule=f"1 to {LONGEST} characters",
        parse=parse_text,
        schema={"type": "string", "minLength": 1, "maxLength": LONGEST, "pattern": "^[^\u0000]*$"},
        description=f"Only those that hold this {lookup.words}, in any form; of deleted ones, that held it last.",
    )


STATUS = QueryParameter(
    name="status",
    rule=f"one of {', '.join(Subscription.Status.values)}",
    parse=Subscription.Status,
    schema={"type": "string", "enum": list(Subscription.Status.values)},
    description="Only those in this status.",
)
DELETED = QueryParameter(
    name="deleted",
    rule="true or false",
    parse=parse_boolean,
    schema={"type": "boolean"},
    description="With true, deleted ones too.",
    default=False,
)
IDENTIFIERS = tuple(_identifier(lookup) for lookup in Lookup if lookup is not Lookup.ID)


def _cursor_of(name: str, parse: Callable[[str], Any]) -> QueryParameter:
    return replace(CURSOR, parse=parse, schema={"type": "string", "format": f"cursor-of-{name}"})


FILTERS = (SUBSCRIPTION_ID, PHONE_NUMBER, EXTERNAL_ID, CARRIER, PLAN)
EXCEEDING = (
    PRICE_LIMIT,
    USAGE_TYPE,
    FROM,
    TO,
    *FILTERS,
    FORMAT,
    PAGE_SIZE,
    _cursor_of("exceeding", parse_exceeding_cursor),
)
METRICS = (
    REQUIRED_FROM,
    REQUIRED_TO,
    USAGE_TYPE,
    *FILTERS,
    FORMAT,
    PAGE_SIZE,
    _cursor_of("metrics", parse_metrics_cursor),
)
INGEST = (LOOKUP, ATOMIC)
RECORDS = (
    REQUIRED_FROM,
    REQUIRED_TO,
    USAGE_TYPE,
    *FILTERS,
    replace(
        FORMAT,
        rule=f"one of {', '.join(Format)}",
        schema={"type": "string", "enum": list(Format)},
        description="The format; it takes precedence over the header Accept.",
        default=Format.CSV.value,
    ),
)
SERIES = (FROM, TO, USAGE_TYPE, GRANULARITY, FORMAT)
LISTING = (PAGE_SIZE, CURSOR)
LISTING_OF_SUBSCRIPTIONS = (*IDENTIFIERS, CARRIER, STATUS, PLAN, DELETED, *LISTING)
LISTING_OF_CARRIERS = (PAGE_SIZE, _cursor_of("carrier", parse_carrier_cursor))
LISTING_OF_SUBSCRIPTION = (SUBSCRIPTION_ID, *LISTING)
LISTING_OF_ADJUSTMENTS = (SUBSCRIPTION_ID, USAGE_TYPE, FROM, TO, *LISTING)
LISTING_OF_DAYS = (
    STATE,
    FROM,
    TO,
    PAGE_SIZE,
    _cursor_of("day", parse_day_cursor),
)
EXPLAINING = (replace(PAGE_SIZE, description="The number of raw records of each usage type to list; all are summed."),)
