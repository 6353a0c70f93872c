"""Dated identifiers and plans of a subscription: their history, and changes from any timestamp on."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

from django.db.models import F, QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from wingtel.access.scopes import Scope
from wingtel.api.common import parameters, schemas
from wingtel.api.common.authentication import access
from wingtel.api.common.errors import Conflict
from wingtel.api.common.lists import ListedView
from wingtel.api.common.openapi import extend_schema
from wingtel.api.common.parameters import QueryParameter
from wingtel.api.common.scoped import ALL_METHODS
from wingtel.subscriptions import assignments
from wingtel.subscriptions.assignments import AssignmentConflictError, AssignmentError, NotAssignableError
from wingtel.subscriptions.identifiers import Kind
from wingtel.subscriptions.models import Subscription, SubscriptionIdentifier, SubscriptionPlan

from . import shapes

KIND = QueryParameter(
    name="kind",
    rule=f"one of {', '.join(Kind.values)}",
    parse=Kind,
    schema={"type": "string", "enum": list(Kind.values)},
    description="Only identifiers of this kind.",
)
LISTING_OF_IDENTIFIERS = (KIND, *parameters.LISTING)


class DatedView(ListedView):
    """Dated rows of the subscription in the URL. A deleted subscription keeps its rows."""

    scopes: ClassVar = {"GET": Scope.READ, "POST": Scope.ADMIN}
    carrier_safe_methods = ALL_METHODS

    def subscription(self) -> Subscription:
        """Return the subscription in the URL. Raises NotFound also for one of another carrier than the caller's."""
        subscriptions = Subscription.objects.filter(pk=self.kwargs["id"])
        if carrier := access(self.request).carrier:
            subscriptions = subscriptions.carried_by(carrier)
        if (subscription := subscriptions.first()) is None:
            raise NotFound(f"There is no subscription {self.kwargs['id']}.")
        return subscription

    def validated(self, serializer: type[Any], request: Request) -> dict[str, Any]:
        """Return the validated values of the body. Raises ValidationError."""
        body = serializer(data=request.data, context=self.get_serializer_context())
        body.is_valid(raise_exception=True)
        values: dict[str, Any] = body.validated_data
        return values


class IdentifierView(DatedView):
    """Identifiers of a subscription, with their periods."""

    queryset = SubscriptionIdentifier.objects.all()
    serializer_class = shapes.IdentifierSerializer
    known = LISTING_OF_IDENTIFIERS

    def get_queryset(self) -> QuerySet[SubscriptionIdentifier]:
        rows = self.subscription().identifiers.all()
        kind = self.params.get("kind")
        return rows.filter(kind=kind) if kind else rows

    @extend_schema(
        operation_id="subscription_identifiers",
        tags=["subscriptions"],
        summary="List the identifiers of a subscription, with their periods",
        description="In the order in which they were assigned first, ended ones included.",
        parameters=[parameter.documented() for parameter in LISTING_OF_IDENTIFIERS],
        responses={200: shapes.IdentifierSerializer(many=True), **schemas.problems(400, 404)},
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(
        operation_id="subscription_identifier_assign",
        tags=["subscriptions"],
        summary="Assign an identifier to a subscription",
        description="From valid_from on, until valid_to. What the subscription holds already is extended. With "
        "replaces, another of its identifiers ends when this one begins: a change of number, or of SIM card. A value "
        "that another subscription holds at that time, of whatever carrier, is answered with 409.",
        request=shapes.AssignmentSerializer,
        responses={201: shapes.IdentifierSerializer, **schemas.problems(400, 404, 409)},
    )
    def create(self, request: Request, id: int) -> Response:  # noqa: A002 - the name in the URL
        subscription = self.subscription()
        values = self.validated(shapes.AssignmentSerializer, request)
        with as_api_errors():
            made = assignments.assign_identifier(
                subscription.pk,
                Kind(values["kind"]),
                values["value"],
                valid_from=values.get("valid_from", timezone.now()),
                valid_to=values.get("valid_to"),
                replaces=values.get("replaces"),
            )
        return Response(self.get_serializer(made).data, status=201)

    @extend_schema(
        operation_id="subscription_identifier_end",
        tags=["subscriptions"],
        summary="End an identifier",
        description="At a timestamp, now without one. An identifier that has not begun by then is gone.",
        request=shapes.EndSerializer,
        responses={
            200: shapes.IdentifierSerializer,
            204: OpenApiResponse(description="It had not begun by then, and is gone."),
            **schemas.problems(400, 404, 409),
        },
    )
    def end(self, request: Request, id: int, identifier: int) -> Response:  # noqa: A002 - the name in the URL
        self.check_identifier(identifier)
        values = self.validated(shapes.EndSerializer, request)
        with as_api_errors():
            ended = assignments.end_identifier(identifier, at=values.get("at", timezone.now()))
        return Response(self.get_serializer(ended).data) if ended else Response(status=204)

    @extend_schema(
        operation_id="subscription_identifier_move",
        tags=["subscriptions"],
        summary="Move an identifier to another subscription",
        description="It ends here at a timestamp, now without one, and begins there, for as long as it would have been "
        "here. One that has not begun by then is moved whole.",
        request=shapes.MoveSerializer,
        responses={201: shapes.IdentifierSerializer, **schemas.problems(400, 404, 409)},
    )
    def move(self, request: Request, id: int, identifier: int) -> Response:  # noqa: A002 - the name in the URL
        self.check_identifier(identifier)
        values = self.validated(shapes.MoveSerializer, request)
        to, at = values["subscription_id"].pk, values.get("at", timezone.now())
        with as_api_errors():
            moved = assignments.move_identifier(identifier, to=to, at=at)
        return Response(self.get_serializer(moved).data, status=201)

    def check_identifier(self, identifier: int) -> None:
        """Raise NotFound for an identifier that the subscription in the URL never had."""
        if not self.subscription().identifiers.filter(pk=identifier).exists():
            raise NotFound(f"Subscription {self.kwargs['id']} has no identifier {identifier}.")


class PlanHistoryView(DatedView):
    """Plans of a subscription, with their periods."""

    queryset = SubscriptionPlan.objects.all()
    serializer_class = shapes.SubscriptionPlanSerializer
    known: ClassVar[Sequence[QueryParameter]] = parameters.LISTING

    def get_queryset(self) -> QuerySet[SubscriptionPlan]:
        return self.subscription().plans.all()

    @extend_schema(
        operation_id="subscription_plans",
        tags=["subscriptions"],
        summary="List the plans of a subscription, with their periods",
        description="In the order in which they were recorded, former ones included.",
        parameters=[parameter.documented() for parameter in parameters.LISTING],
        responses={200: shapes.SubscriptionPlanSerializer(many=True), **schemas.problems(400, 404)},
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(
        operation_id="subscription_plan_change",
        tags=["subscriptions"],
        summary="Change the plan of a subscription from a timestamp on",
        description="Now without one; it may lie in the past. For good, or until valid_to: other plans of that period "
        "are cut off around it. Answers with the plans that the subscription has then.",
        request=shapes.PlanChangeSerializer,
        responses={201: shapes.SubscriptionPlansShape, **schemas.problems(400, 404, 409)},
    )
    def create(self, request: Request, id: int) -> Response:  # noqa: A002 - the name in the URL
        subscription = self.subscription()
        values = self.validated(shapes.PlanChangeSerializer, request)
        with as_api_errors():
            assignments.change_plan(
                subscription.pk,
                values["plan"] and values["plan"].pk,
                valid_from=values.get("valid_from", timezone.now()),
                valid_to=values.get("valid_to"),
            )
        return Response(
            {
                "results": self.get_serializer(
                    subscription.plans.order_by(F("valid_from").asc(nulls_first=True)), many=True
                ).data
            },
            201,
        )


@contextmanager
def as_api_errors() -> Iterator[None]:
    """Raise errors of the services as API errors."""
    try:
        yield
    except AssignmentConflictError as error:
        raise Conflict(sentence(error)) from error
    except NotAssignableError as error:
        raise NotFound(sentence(error)) from error
    except AssignmentError as error:
        raise ValidationError({error.field: [error.reason]}) from error


def sentence(error: AssignmentError) -> str:
    """Return the reason of an error as a sentence."""
    return f"{error.reason[0].upper()}{error.reason[1:]}."
