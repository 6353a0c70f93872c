"""Business days, reconciliations, and the explanation of a day's total."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from wingtel.access.scopes import Scope
from wingtel.adjustments.explanation import explain
from wingtel.adjustments.serialization import Explanation, explanation_answer
from wingtel.aggregates.validation import DATE_RULE, DATE_SCHEMA, parse_date
from wingtel.api.common import parameters, schemas
from wingtel.api.common.authentication import access
from wingtel.api.common.errors import InvalidParameters, ProblemDetail, preview
from wingtel.api.common.lists import ListedView, NewestFirstView
from wingtel.api.common.openapi import extend_schema
from wingtel.api.common.renderers import json_response
from wingtel.api.common.scoped import ALL_METHODS
from wingtel.api.common.views import ParameterView
from wingtel.lifecycle import models
from wingtel.lifecycle.serialization import Day, Reconciliation, listed_day_answer, reconciliation_answer
from wingtel.usage.models import UsageDay


class DayView(ListedView):
    """Business days and their states. A day that is not listed is open and has no records."""

    queryset = UsageDay.objects.prefetch_related("sums")
    known = parameters.LISTING_OF_DAYS
    scopes: ClassVar = {"GET": Scope.READ}

    def get_queryset(self) -> QuerySet[UsageDay]:
        rows = self.within(super().get_queryset())
        return rows.filter(state=self.params["state"]) if self.params["state"] else rows

    def bodies(self, rows: Sequence[UsageDay]) -> list[Day]:
        return list(map(listed_day_answer, rows))

    @extend_schema(
        operation_id="usage_days",
        tags=["usage"],
        summary="List business days, their states, and what they were sealed with",
        parameters=[parameter.documented() for parameter in parameters.LISTING_OF_DAYS],
        responses={200: Day, **schemas.problems(400)},
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)


class ReconciliationView(NewestFirstView):
    """Comparisons of the aggregates with their sources."""

    queryset = models.Reconciliation.objects.all()
    known = parameters.LISTING
    scopes: ClassVar = {"GET": Scope.READ}

    def bodies(self, rows: Sequence[models.Reconciliation]) -> list[Reconciliation]:
        return list(map(reconciliation_answer, rows))

    @extend_schema(
        operation_id="usage_reconciliations",
        tags=["usage"],
        summary="List comparisons of the aggregates with their sources, the latest first",
        parameters=[parameter.documented() for parameter in parameters.LISTING],
        responses={200: Reconciliation, **schemas.problems(400)},
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(
        operation_id="usage_reconciliation",
        tags=["usage"],
        summary="Read a comparison of the aggregates with their sources",
        responses={200: Reconciliation, **schemas.problems(404)},
    )
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().retrieve(request, *args, **kwargs)


class ExplanationView(ParameterView):
    """Explanation of the total of one subscription on one business day."""

    known = parameters.EXPLAINING
    scopes: ClassVar = {"GET": Scope.READ}
    carrier_safe_methods = ALL_METHODS

    @extend_schema(
        operation_id="subscription_usage_explained",
        tags=["usage"],
        summary="Explain the total of a subscription's day",
        description="For each usage type: what the raw records and the adjustments sum up to, and the total that "
        "every answer counts, all as of one timestamp. The first raw records are listed. Once they are gone "
        "(`records_gone`), their share is the total without the adjustments, and `adds_up` is null. An unknown "
        "subscription used nothing.",
        parameters=[
            OpenApiParameter("day", DATE_SCHEMA, OpenApiParameter.PATH, description="The business day."),
            *[parameter.documented() for parameter in parameters.EXPLAINING],
        ],
        responses={200: Explanation, **schemas.problems(400, 404)},
    )
    def get(self, request: Request, id: int, day: str) -> HttpResponse:  # noqa: A002 - the name in the URL
        try:
            business_day = parse_date(day)
        except ValueError as error:
            raise InvalidParameters([ProblemDetail(parameter="day", rule=DATE_RULE, value=preview(day))]) from error
        explanation = explain(
            subscription_id=id,
            day=business_day,
            most_records=self.params["page_size"],
            carrier=access(request).carrier,
        )
        return json_response(explanation_answer(explanation))
