"""Limits, alerts, and where these are sent."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from wingtel.api.common import schemas
from wingtel.api.common.authentication import access
from wingtel.api.common.guarded import ANY
from wingtel.api.common.listing import NewestFirstView, listing
from wingtel.api.common.parameters import period_of
from wingtel.api.common.resources import ResourceView, documented
from wingtel.keys.access import Scope
from wingtel.limits import delivering, endpoints
from wingtel.limits.answers import endpoint_answer
from wingtel.limits.models import Alert, Delivery, PriceLimit, WebhookEndpoint

from . import parameters, shapes


@documented("a price limit", "price limits", shapes.LimitSerializer, parameters.LISTING_OF_LIMITS)
class LimitView(ResourceView):
    """Standing price limits; removing one keeps its alerts."""

    queryset = PriceLimit.objects.current()
    serializer_class = shapes.LimitSerializer
    known = parameters.LISTING_OF_LIMITS

    def get_queryset(self) -> QuerySet[PriceLimit]:
        limits = super().get_queryset()
        if self.action != "list":
            return limits
        if asked := self.asked["plan_id"]:
            limits = limits.filter(plan__in=asked)
        if asked := self.asked["subscription_id"]:
            limits = limits.filter(subscription__in=asked)
        return limits

    def perform_create(self, serializer: BaseSerializer[PriceLimit]) -> None:
        serializer.save().refresh_from_db()

    def perform_update(self, serializer: BaseSerializer[PriceLimit]) -> None:
        serializer.save().refresh_from_db()

    def perform_destroy(self, instance: PriceLimit) -> None:
        PriceLimit.objects.filter(pk=instance.pk).update(deleted_at=timezone.now())


@listing("an alert", "alerts", shapes.AlertSerializer, parameters.LISTING_OF_ALERTS)
class AlertView(NewestFirstView):
    """Levels of limits that were reached, and perhaps taken back."""

    queryset = Alert.objects.all()
    serializer_class = shapes.AlertSerializer
    known = parameters.LISTING_OF_ALERTS
    scopes: ClassVar = {"GET": Scope.READ}
    within_carrier = ANY

    def get_queryset(self) -> QuerySet[Alert]:
        alerts = Alert.objects.select_related("subscription")
        if carrier := access(self.request).carrier:
            alerts = alerts.filter(subscription__carrier=carrier)
        if self.action != "list":
            return alerts
        return alerts.asked(
            limits=self.asked["limit_id"],
            subscriptions=self.asked["subscription_id"],
            state=self.asked["state"],
            level=self.asked["level"],
            period=period_of(self.asked),
        )


@documented("a webhook endpoint", "webhook endpoints", shapes.EndpointSerializer)
class EndpointView(ResourceView):
    """Where alerts are posted, signed as the Standard Webhooks specification says."""

    queryset = WebhookEndpoint.objects.all()
    serializer_class = shapes.EndpointSerializer
    scopes: ClassVar = dict.fromkeys(ANY, Scope.ADMIN)  # an address may have a secret of its receiver in it

    @extend_schema(
        summary="Add a webhook endpoint",
        description="The secret, by which deliveries are signed, is shown in this reply alone.",
        responses={201: shapes.EndpointWithSecretSerializer, **schemas.problems(400)},
    )
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        sent = self.get_serializer(data=request.data)
        sent.is_valid(raise_exception=True)
        made = sent.save(secret=endpoints.new_secret())
        return Response(endpoint_answer(made) | {"secret": made.secret}, status=201)

    def perform_update(self, serializer: BaseSerializer[WebhookEndpoint]) -> None:
        serializer.save(disabled_because="")

    @extend_schema(
        operation_id="webhooks_endpoints_secret",
        summary="Give a webhook endpoint a new secret",
        description="Shown in this reply alone. Until `previous_until`, deliveries are signed with the one before too.",
        request=None,
        responses={201: shapes.EndpointWithSecretSerializer, **schemas.problems(404)},
    )
    @action(detail=True, methods=["post"])
    def secret(self, request: Request, id: int) -> Response:  # noqa: A002 - the address' own word
        made = endpoints.rotate_secret(self.get_object().pk)
        return Response(endpoint_answer(made) | {"secret": made.secret}, status=201)


@listing("a delivery", "deliveries of alerts", shapes.DeliverySerializer, parameters.LISTING_OF_DELIVERIES)
class DeliveryView(NewestFirstView):
    """Alerts on their way to endpoints and e-mail addresses."""

    queryset = Delivery.objects.all()
    serializer_class = shapes.DeliverySerializer
    known = parameters.LISTING_OF_DELIVERIES
    scopes: ClassVar = {"GET": Scope.READ, "POST": Scope.ADMIN}

    def get_queryset(self) -> QuerySet[Delivery]:
        deliveries = super().get_queryset()
        if self.action != "list":
            return deliveries
        if asked := self.asked["endpoint_id"]:
            deliveries = deliveries.filter(endpoint__in=asked)
        return deliveries.filter(state=self.asked["state"]) if self.asked["state"] else deliveries

    @extend_schema(
        operation_id="webhooks_deliveries_replay",
        summary="Send a delivery again",
        description="Whatever became of it; it is due at once, and retried like a new one, under the same webhook-id.",
        request=None,
        responses={200: shapes.DeliverySerializer, **schemas.problems(404)},
    )
    @action(detail=True, methods=["post"])
    def replay(self, request: Request, id: int) -> Response:  # noqa: A002 - the address' own word
        delivery = self.get_object()
        delivering.replay(Delivery.objects.filter(pk=delivery.pk))
        delivery.refresh_from_db()
        return Response(self.get_serializer(delivery).data)
