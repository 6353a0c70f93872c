"""Plans, purchases and the carriers' subscriptions: list, create, read, change, delete."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import ProtectedError, QuerySet
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import ModelViewSet

from wingtel.keys.access import Scope
from wingtel.subscriptions.carriers import country_of
from wingtel.subscriptions.models import Carrier, Plan, Purchase, Subscription

from . import parameters, serializers
from .authentication import access
from .errors import Conflict
from .guarded import ANY
from .pagination import IdPagination
from .parameters import Parameter
from .parsers import ExactJSONParser
from .schemas import problems
from .views import ParameterView


def documented(
    one: str,
    many: str,
    serializer: type[BaseSerializer[Any]],
    listing: Sequence[Parameter] = parameters.LISTING,
) -> Callable[[Any], Any]:
    """The schema of a resource, in whose summaries it is called `one` or `many`."""
    return extend_schema_view(
        list=extend_schema(
            summary=f"List {many}",
            description="In the order in which they were created.",
            parameters=[parameter.documented() for parameter in listing],
            responses={200: serializer(many=True), **problems(400)},
        ),
        create=extend_schema(summary=f"Create {one}", responses={201: serializer, **problems(400, 409)}),
        retrieve=extend_schema(summary=f"Read {one}", responses={200: serializer, **problems(404)}),
        update=extend_schema(summary=f"Replace {one}", responses={200: serializer, **problems(400, 404, 409)}),
        partial_update=extend_schema(summary=f"Change {one}", responses={200: serializer, **problems(400, 404, 409)}),
        destroy=extend_schema(
            summary=f"Delete {one}",
            responses={204: OpenApiResponse(description="It is gone."), **problems(404, 409)},
        ),
    )


class ResourceView(ModelViewSet[Any], ParameterView):
    """What all resources share."""

    known: ClassVar[Sequence[Parameter]] = parameters.LISTING
    scopes: ClassVar = {
        "GET": Scope.READ,
        **dict.fromkeys(("POST", "PUT", "PATCH", "DELETE"), Scope.ADMIN),
    }
    pagination_class = IdPagination
    parser_classes = (ExactJSONParser,)
    lookup_url_kwarg = "id"
    lookup_value_converter = "id"

    def known_parameters(self) -> Sequence[Parameter]:
        return self.known if self.action == "list" else ()


@documented("a plan", "plans", serializers.PlanSerializer)
class PlanView(ResourceView):
    queryset = Plan.objects.all()
    serializer_class = serializers.PlanSerializer
    within_carrier = frozenset({"GET"})  # plans are of all carriers

    def perform_destroy(self, instance: Plan) -> None:
        try:
            with transaction.atomic():
                instance.delete()
        except ProtectedError as error:
            raise Conflict(
                f"Plan {instance.pk} is in use, or was: subscriptions or price limits, deleted ones included, keep it "
                "on record."
            ) from error


@documented("a purchase", "purchases", serializers.PurchaseSerializer, parameters.LISTING_OF_SUBSCRIPTION)
class PurchaseView(ResourceView):
    queryset = Purchase.objects.all()
    serializer_class = serializers.PurchaseSerializer
    known = parameters.LISTING_OF_SUBSCRIPTION
    within_carrier = ANY

    def get_queryset(self) -> QuerySet[Purchase]:
        purchases = super().get_queryset()
        if carrier := access(self.request).carrier:
            purchases = purchases.filter(subscription__carrier=carrier)
        asked = self.asked.get("subscription_id")
        return purchases.filter(subscription__in=asked) if asked else purchases


class SubscriptionResourceView(ResourceView):
    """The base of views that write subscriptions, of one carrier or of all."""

    carrier: ClassVar[str | None] = None
    within_carrier = ANY

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "country": country_of(self.written_carrier())}

    def written_carrier(self) -> str | None:
        """Return the carrier of the subscription that is written, as far as it is known before that is validated."""
        return self.carrier

    def perform_create(self, serializer: BaseSerializer[Subscription], **values: Any) -> None:
        with transaction.atomic():
            serializer.save(**values)

    def perform_update(self, serializer: BaseSerializer[Subscription]) -> None:
        with transaction.atomic():
            serializer.save().refresh_from_db()  # the database keeps it in step with its dated rows

    def perform_destroy(self, instance: Subscription) -> None:
        instance.delete_softly()


class SubscriptionView(SubscriptionResourceView):
    """Subscriptions of one carrier; deleting one marks it and keeps its usage and purchases."""

    carrier: ClassVar[str]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if (only := access(request).carrier) not in (None, self.carrier):
            raise PermissionDenied(f"{access(request).name} is limited to the carrier {only}.")

    def get_queryset(self) -> QuerySet[Subscription]:
        return Subscription.objects.current().carried_by(self.carrier)

    def perform_create(self, serializer: BaseSerializer[Subscription], **values: Any) -> None:
        super().perform_create(serializer, carrier=self.carrier, **values)


@documented("an AT&T subscription", "AT&T subscriptions", serializers.AttSubscriptionSerializer)
class AttSubscriptionView(SubscriptionView):
    carrier = Carrier.ATT
    queryset = Subscription.objects.all()
    serializer_class = serializers.AttSubscriptionSerializer


@documented("a Sprint subscription", "Sprint subscriptions", serializers.SprintSubscriptionSerializer)
class SprintSubscriptionView(SubscriptionView):
    carrier = Carrier.SPRINT
    queryset = Subscription.objects.all()
    serializer_class = serializers.SprintSubscriptionSerializer
