"""Adjustments: list, create, read, reverse."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from wingtel.access.scopes import Scope
from wingtel.adjustments.serialization import Adjustment, adjustment_answer
from wingtel.adjustments.services import (
    AdjustmentRejectedError,
    NotReversibleError,
    UnknownAdjustmentError,
    adjust,
    reverse,
)
from wingtel.api.common import parameters, schemas
from wingtel.api.common.errors import Conflict
from wingtel.api.common.idempotency import IDEMPOTENCY_KEY, run_idempotent
from wingtel.api.common.lists import ReadView
from wingtel.api.common.openapi import extend_schema
from wingtel.api.common.scoped import ALL_METHODS
from wingtel.usage.models import UsageAdjustment

from . import shapes


def as_api_error(error: AdjustmentRejectedError) -> Exception:
    """Return the API error for a rejected adjustment."""
    match error:
        case UnknownAdjustmentError():
            return NotFound(f"{error.reason[0].upper()}{error.reason[1:]}.")
        case NotReversibleError():
            return Conflict(f"{error.reason[0].upper()}{error.reason[1:]}.")
    return ValidationError({error.field or "non_field_errors": [error.reason]})


class AdjustmentView(ReadView):
    """Signed corrections of usage. None is changed or deleted: a second adjustment reverses it."""

    queryset = UsageAdjustment.objects.select_related("reversed_by")
    serializer_class = shapes.AdjustmentSerializer
    known = parameters.LISTING_OF_ADJUSTMENTS
    scopes: ClassVar = {"GET": Scope.READ, "POST": Scope.ADMIN}
    carrier_safe_methods = ALL_METHODS

    def get_queryset(self) -> QuerySet[UsageAdjustment]:
        rows = self.of_subscriptions(super().get_queryset())
        if self.action != "list":
            return rows
        if usage_type := self.params["usage_type"]:
            rows = rows.filter(usage_type=usage_type)
        return self.within(rows)

    def bodies(self, rows: Sequence[UsageAdjustment]) -> list[Adjustment]:
        return list(map(adjustment_answer, rows))

    @extend_schema(
        operation_id="usage_adjustments",
        tags=["usage"],
        summary="List adjustments",
        description="In the order in which they were made.",
        parameters=[parameter.documented() for parameter in parameters.LISTING_OF_ADJUSTMENTS],
        responses={200: Adjustment, **schemas.problems(400)},
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(
        operation_id="usage_adjustment",
        tags=["usage"],
        summary="Read an adjustment",
        responses={200: Adjustment, **schemas.problems(404)},
    )
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(
        operation_id="usage_adjust",
        tags=["usage"],
        summary="Adjust the usage and the price of a day",
        description="Adds a signed quantity and price to a subscription's business day, whether its raw records are "
        "still there or not. It is counted in every answer when the reply is sent. With an Idempotency-Key, the same "
        "request sent again within a day gets the first reply and adjusts nothing.",
        parameters=[IDEMPOTENCY_KEY],
        request=shapes.AdjustmentSerializer,
        responses={201: Adjustment, **schemas.problems(400, 422)},
    )
    def create(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)

        def requested() -> str:
            return f"adjustment {sorted((name, str(value)) for name, value in serializer.validated_data.items())}"

        return run_idempotent(
            request, partial(self._adjust, serializer.validated_data), requested=requested, status=201
        )

    def _adjust(self, validated_data: Mapping[str, Any]) -> Adjustment:
        values = dict(validated_data)
        try:
            made = adjust(subscription_id=values.pop("subscription").pk, **values)
        except AdjustmentRejectedError as error:
            raise as_api_error(error) from error
        return adjustment_answer(made)

    @extend_schema(
        operation_id="usage_adjustment_reversal",
        tags=["usage"],
        summary="Reverse an adjustment",
        description="Makes another adjustment with its amounts negated. An adjustment is reversed once, and a "
        "reversal is not reversed: make a new adjustment instead.",
        request=shapes.ReversalSerializer,
        responses={201: Adjustment, **schemas.problems(400, 404, 409)},
    )
    @action(detail=True, methods=["post"])
    def reversal(self, request: Request, id: int) -> Response:  # noqa: A002 - the name in the URL
        if not self.get_queryset().filter(pk=id).exists():
            raise NotFound(f"There is no adjustment {id}.")
        serializer = shapes.ReversalSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        try:
            made = reverse(id, **serializer.validated_data)
        except AdjustmentRejectedError as error:
            raise as_api_error(error) from error
        return Response(adjustment_answer(made), status=201)
