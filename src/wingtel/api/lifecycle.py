"""Adjustments, business days, reconciliations, and what a total is made of."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from wingtel.aggregates.questions import DATE_RULE, parse_date
from wingtel.keys.access import Scope
from wingtel.lifecycle.adjusting import (
    AdjustmentRefusedError,
    NotReversibleError,
    UnknownAdjustmentError,
    adjust,
    reverse,
)
from wingtel.lifecycle.answers import explanation_answer
from wingtel.lifecycle.explaining import explain
from wingtel.lifecycle.models import Reconciliation
from wingtel.usage.models import UsageAdjustment, UsageDay

from . import parameters, schemas, serializers
from .authentication import access
from .errors import Conflict, Fault, InvalidParameters
from .guarded import ANY
from .idempotency import IDEMPOTENCY_KEY, answer_once
from .pagination import IdPagination, NewestFirstPagination
from .parameters import Parameter
from .parsers import ExactJSONParser
from .views import ParameterView


def as_api_error(error: AdjustmentRefusedError) -> Exception:
    """What a refused adjustment is answered with."""
    match error:
        case UnknownAdjustmentError():
            return NotFound(f"{error.reason[0].upper()}{error.reason[1:]}.")
        case NotReversibleError():
            return Conflict(f"{error.reason[0].upper()}{error.reason[1:]}.")
    return ValidationError({error.field or "non_field_errors": [error.reason]})


class ListedView(ListModelMixin, GenericViewSet[Any], ParameterView):
    """A list of rows, pages of it, and its parameters."""

    pagination_class: type[IdPagination] = IdPagination
    lookup_url_kwarg = "id"
    lookup_value_converter = "id"

    def known_parameters(self) -> Sequence[Parameter]:
        return self.known if self.action == "list" else ()

    def of_subscriptions(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows of subscriptions within the caller's carrier; in a list, of those asked for."""
        if carrier := access(self.request).carrier:
            rows = rows.filter(subscription__carrier=carrier)
        if self.action == "list" and (asked := self.asked["subscription_id"]):
            rows = rows.filter(subscription__in=asked)
        return rows

    def within(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows whose `day` lies in the period asked for."""
        period = parameters.period_of(self.asked)
        if period.first:
            rows = rows.filter(day__gte=period.first)
        return rows.filter(day__lte=period.last) if period.last else rows


class AdjustmentView(RetrieveModelMixin, ListedView):
    """Signed corrections. They are kept as they are: none is changed or deleted, a second one reverses it."""

    queryset = UsageAdjustment.objects.select_related("reversed_by")
    serializer_class = serializers.AdjustmentSerializer
    parser_classes = (ExactJSONParser,)
    known = parameters.LISTING_OF_ADJUSTMENTS
    scopes: ClassVar = {"GET": Scope.READ, "POST": Scope.ADMIN}
    within_carrier = ANY

    def get_queryset(self) -> QuerySet[UsageAdjustment]:
        rows = self.of_subscriptions(super().get_queryset())
        if self.action != "list":
            return rows
        if asked := self.asked["usage_type"]:
            rows = rows.filter(usage_type=asked)
        return self.within(rows)

    @extend_schema(
        operation_id="usage_adjustments",
        tags=["usage"],
        summary="List adjustments",
        description="In the order in which they were made.",
        parameters=[parameter.documented() for parameter in parameters.LISTING_OF_ADJUSTMENTS],
        responses={200: serializers.AdjustmentSerializer(many=True), **schemas.problems(400)},
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(
        operation_id="usage_adjustment",
        tags=["usage"],
        summary="Read an adjustment",
        responses={200: serializers.AdjustmentSerializer, **schemas.problems(404)},
    )
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(
        operation_id="usage_adjust",
        tags=["usage"],
        summary="Adjust what was used and paid",
        description="Adds a signed quantity and price to a subscription's business day, whether its raw records are "
        "still there or not. It is counted in every answer when the reply is sent. With an Idempotency-Key, the same "
        "request sent again within a day gets the first reply and adjusts nothing.",
        parameters=[IDEMPOTENCY_KEY],
        responses={201: serializers.AdjustmentSerializer, **schemas.problems(400, 422)},
    )
    def create(self, request: Request) -> Response:
        sent = self.get_serializer(data=request.data)
        sent.is_valid(raise_exception=True)

        def asked() -> str:
            return f"adjustment {sorted((name, str(value)) for name, value in sent.validated_data.items())}"

        return answer_once(request, partial(self._adjusted, sent.validated_data), asked=asked, status=201)

    def _adjusted(self, sent: Mapping[str, Any]) -> dict[str, Any]:
        values = dict(sent)
        try:
            made = adjust(subscription_id=values.pop("subscription").pk, **values)
        except AdjustmentRefusedError as error:
            raise as_api_error(error) from error
        return dict(self.get_serializer(made).data)

    @extend_schema(
        operation_id="usage_adjustment_reversal",
        tags=["usage"],
        summary="Reverse an adjustment",
        description="Makes another adjustment with its amounts negated. An adjustment is reversed once, and a "
        "reversal is not reversed: adjust anew what should count again.",
        request=serializers.ReversalSerializer,
        responses={201: serializers.AdjustmentSerializer, **schemas.problems(400, 404, 409)},
    )
    @action(detail=True, methods=["post"])
    def reversal(self, request: Request, id: int) -> Response:  # noqa: A002 - the address' own word
        if not self.get_queryset().filter(pk=id).exists():
            raise NotFound(f"There is no adjustment {id}.")
        sent = serializers.ReversalSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        try:
            made = reverse(id, **sent.validated_data)
        except AdjustmentRefusedError as error:
            raise as_api_error(error) from error
        return Response(self.get_serializer(made).data, status=201)


class DayView(ListedView):
    """Business days and their states. Days not listed are open, and have no records."""

    queryset = UsageDay.objects.all()
    serializer_class = serializers.DaySerializer
    known = parameters.LISTING_OF_DAYS
    scopes: ClassVar = {"GET": Scope.READ}

    def get_queryset(self) -> QuerySet[UsageDay]:
        rows = self.within(super().get_queryset())
        return rows.filter(state=self.asked["state"]) if self.asked["state"] else rows

    @extend_schema(
        operation_id="usage_days",
        tags=["usage"],
        summary="List business days, their states, and what they were sealed with",
        parameters=[parameter.documented() for parameter in parameters.LISTING_OF_DAYS],
        responses={200: serializers.DaySerializer(many=True), **schemas.problems(400)},
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)


class ReconciliationView(RetrieveModelMixin, ListedView):
    """Comparisons of the aggregates with their sources."""

    queryset = Reconciliation.objects.all()
    serializer_class = serializers.ReconciliationSerializer
    pagination_class = NewestFirstPagination
    known = parameters.LISTING
    scopes: ClassVar = {"GET": Scope.READ}

    @extend_schema(
        operation_id="usage_reconciliations",
        tags=["usage"],
        summary="List comparisons of the aggregates with their sources, the latest first",
        parameters=[parameter.documented() for parameter in parameters.LISTING],
        responses={200: serializers.ReconciliationSerializer(many=True), **schemas.problems(400)},
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(
        operation_id="usage_reconciliation",
        tags=["usage"],
        summary="Read a comparison of the aggregates with their sources",
        responses={200: serializers.ReconciliationSerializer, **schemas.problems(404)},
    )
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().retrieve(request, *args, **kwargs)


class ExplanationView(ParameterView):
    """What the total of one subscription's day is made of."""

    known = parameters.EXPLAINING
    scopes: ClassVar = {"GET": Scope.READ}
    within_carrier = ANY

    @extend_schema(
        operation_id="subscription_usage_explained",
        tags=["usage"],
        summary="How the total of a subscription's day comes about",
        description="For each usage type: what the raw records and the adjustments sum up to, and the total that "
        "every answer counts, all of the same moment. The first raw records are listed. Once they are gone "
        "(`records_gone`), their share is the total without the adjustments, and `adds_up` is null. An unknown "
        "subscription used nothing.",
        parameters=[
            OpenApiParameter("day", parameters.DATE_SCHEMA, OpenApiParameter.PATH, description="The business day."),
            *[parameter.documented() for parameter in parameters.EXPLAINING],
        ],
        responses={200: schemas.ExplanationShape, **schemas.problems(400, 404)},
    )
    def get(self, request: Request, id: int, day: str) -> Response:  # noqa: A002 - the address' own word
        try:
            wanted = parse_date(day)
        except ValueError as error:
            raise InvalidParameters([Fault("parameter", "day", DATE_RULE, day)]) from error
        found = explain(
            subscription_id=id,
            day=wanted,
            most_records=self.asked["page_size"],
            carrier=access(request).carrier,
        )
        return Response(explanation_answer(found))
