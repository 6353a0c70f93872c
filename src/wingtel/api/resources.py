"""Plans, purchases and the carriers' subscriptions: list, create, read, change, delete."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import ProtectedError, QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import ModelViewSet

from wingtel.subscriptions.models import Carrier, Plan, Purchase, Subscription

from . import parameters, serializers
from .errors import Conflict
from .pagination import IdPagination
from .parameters import Parameter
from .parsers import ExactJSONParser
from .schemas import problems
from .views import ParameterView

ID = OpenApiParameter("id", OpenApiTypes.INT64, OpenApiParameter.PATH)


def documented(one: str, many: str, listing: Sequence[Parameter] = parameters.LISTING) -> Callable[[Any], Any]:
    """The schema of a resource, in whose summaries it is called `one` or `many`."""
    return extend_schema_view(
        list=extend_schema(
            summary=f"List {many}",
            parameters=[parameter.documented() for parameter in listing],
            responses=problems(400, 503),
        ),
        create=extend_schema(summary=f"Create {one}", responses=problems(400, 409, 415, 503)),
        retrieve=extend_schema(summary=f"Read {one}", parameters=[ID], responses=problems(404, 503)),
        update=extend_schema(summary=f"Replace {one}", parameters=[ID], responses=problems(400, 404, 409, 415, 503)),
        partial_update=extend_schema(
            summary=f"Change {one}", parameters=[ID], responses=problems(400, 404, 409, 415, 503)
        ),
        destroy=extend_schema(summary=f"Delete {one}", parameters=[ID], responses=problems(404, 409, 503)),
    )


class ResourceView(ModelViewSet[Any], ParameterView):
    """What all resources share."""

    known: ClassVar[Sequence[Parameter]] = parameters.LISTING
    pagination_class = IdPagination
    parser_classes = (ExactJSONParser,)
    lookup_url_kwarg = "id"
    lookup_value_converter = "int"

    def known_parameters(self) -> Sequence[Parameter]:
        return self.known if self.action == "list" else ()


@documented("a plan", "plans")
class PlanView(ResourceView):
    queryset = Plan.objects.all()
    serializer_class = serializers.PlanSerializer

    def perform_destroy(self, instance: Plan) -> None:
        try:
            with transaction.atomic():
                instance.delete()
        except ProtectedError as error:
            raise Conflict(
                f"Plan {instance.pk} is in use. Subscriptions and price limits that have it, deleted ones included: "
                f"{len(error.protected_objects)}. Give them another plan first."
            ) from error


@documented("a purchase", "purchases", parameters.LISTING_OF_SUBSCRIPTION)
class PurchaseView(ResourceView):
    queryset = Purchase.objects.all()
    serializer_class = serializers.PurchaseSerializer
    known = parameters.LISTING_OF_SUBSCRIPTION

    def get_queryset(self) -> QuerySet[Purchase]:
        purchases = super().get_queryset()
        asked = self.asked.get("subscription_id")
        return purchases.filter(subscription__in=asked) if asked else purchases


class SubscriptionView(ResourceView):
    """Subscriptions of one carrier; deleting one marks it and keeps its usage and purchases."""

    carrier: ClassVar[Carrier]

    def get_queryset(self) -> QuerySet[Subscription]:
        return Subscription.objects.current().carried_by(self.carrier)

    def perform_create(self, serializer: BaseSerializer[Subscription]) -> None:
        serializer.save(carrier=self.carrier)

    def perform_destroy(self, instance: Subscription) -> None:
        instance.delete_softly()


@documented("an AT&T subscription", "AT&T subscriptions")
class AttSubscriptionView(SubscriptionView):
    carrier = Carrier.ATT
    queryset = Subscription.objects.all()
    serializer_class = serializers.AttSubscriptionSerializer


@documented("a Sprint subscription", "Sprint subscriptions")
class SprintSubscriptionView(SubscriptionView):
    carrier = Carrier.SPRINT
    queryset = Subscription.objects.all()
    serializer_class = serializers.SprintSubscriptionSerializer
