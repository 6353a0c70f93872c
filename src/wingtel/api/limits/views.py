"""Limits, alerts, webhook endpoints and deliveries."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer, Serializer

from wingtel.access.scopes import Scope
from wingtel.api.common import schemas
from wingtel.api.common.authentication import access
from wingtel.api.common.lists import NewestFirstView, listing
from wingtel.api.common.openapi import extend_schema
from wingtel.api.common.parameters import period_of
from wingtel.api.common.resources import ResourceView, documented
from wingtel.api.common.scoped import ALL_METHODS
from wingtel.limits import serialization, services
from wingtel.limits.models import Alert, PriceLimit
from wingtel.notifications import endpoints
from wingtel.notifications import serialization as notifications
from wingtel.notifications.address_policy import RejectedAddressError
from wingtel.notifications.delivery import replay
from wingtel.notifications.models import Delivery, WebhookEndpoint

from . import parameters, shapes


@documented("a price limit", "price limits", shapes.LimitSerializer, parameters.LISTING_OF_LIMITS)
class LimitView(ResourceView):
    """Standing price limits. Removing one keeps its alerts."""

    queryset = PriceLimit.objects.current()
    serializer_class = shapes.LimitSerializer
    known = parameters.LISTING_OF_LIMITS

    def get_queryset(self) -> QuerySet[PriceLimit]:
        limits = super().get_queryset()
        if self.action != "list":
            return limits
        if plan_ids := self.params["plan_id"]:
            limits = limits.filter(plan__in=plan_ids)
        if subscription_ids := self.params["subscription_id"]:
            limits = limits.filter(subscription__in=subscription_ids)
        return limits

    def bodies(self, rows: Sequence[PriceLimit]) -> list[serialization.Limit]:
        return list(map(serialization.limit_answer, rows))

    def perform_create(self, serializer: BaseSerializer[PriceLimit]) -> None:
        with as_api_errors():
            serializer.instance = services.make_limit(**_terms(serializer.validated_data))

    def perform_update(self, serializer: BaseSerializer[PriceLimit]) -> None:
        with as_api_errors():
            serializer.instance = services.change_limit(self.kwargs["id"], **_terms(serializer.validated_data))

    def perform_destroy(self, instance: PriceLimit) -> None:
        services.remove_limit(instance.pk)


@listing("an alert", "alerts", serialization.Alert, parameters.LISTING_OF_ALERTS)
class AlertView(NewestFirstView):
    """Thresholds of limits that were reached. An alert is resolved if its threshold is not reached any more."""

    queryset = Alert.objects.all()
    known = parameters.LISTING_OF_ALERTS
    scopes: ClassVar = {"GET": Scope.READ}
    carrier_safe_methods = ALL_METHODS

    def bodies(self, rows: Sequence[Alert]) -> list[serialization.Alert]:
        return list(map(serialization.alert_answer, rows))

    def get_queryset(self) -> QuerySet[Alert]:
        alerts = Alert.objects.select_related("subscription")
        if carrier := access(self.request).carrier:
            alerts = alerts.filter(subscription__carrier=carrier)
        if self.action != "list":
            return alerts
        return alerts.matching(
            limits=self.params["limit_id"],
            subscriptions=self.params["subscription_id"],
            state=self.params["state"],
            threshold_percent=self.params["threshold_percent"],
            period=period_of(self.params),
        )


@documented("a webhook endpoint", "webhook endpoints", shapes.EndpointSerializer)
class EndpointView(ResourceView):
    """Webhook endpoints that alerts are posted to, signed as the Standard Webhooks specification says."""

    queryset = WebhookEndpoint.objects.all()
    serializer_class = shapes.EndpointSerializer
    scopes: ClassVar = dict.fromkeys(ALL_METHODS, Scope.ADMIN)  # a URL may contain a secret of its receiver

    def bodies(self, rows: Sequence[WebhookEndpoint]) -> list[notifications.Endpoint]:
        return list(map(notifications.endpoint_answer, rows))

    @extend_schema(
        summary="Add a webhook endpoint",
        description="The secret that signs deliveries is shown in this reply alone.",
        request=shapes.EndpointSerializer,
        responses={201: notifications.EndpointWithSecret, **schemas.problems(400)},
    )
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        with as_api_errors():
            made = endpoints.add_endpoint(**serializer.validated_data)
        return Response(notifications.secret_answer(made), status=201)

    def perform_update(self, serializer: BaseSerializer[WebhookEndpoint]) -> None:
        with as_api_errors():
            serializer.instance = endpoints.change_endpoint(self.kwargs["id"], **serializer.validated_data)

    def perform_destroy(self, instance: WebhookEndpoint) -> None:
        endpoints.remove_endpoint(instance.pk)

    @extend_schema(
        operation_id="webhooks_endpoints_secret",
        summary="Give a webhook endpoint a new secret",
        description="Shown in this reply alone. Until `previous_until`, deliveries are signed with the one before too.",
        request=None,
        responses={201: notifications.EndpointWithSecret, **schemas.problems(404)},
    )
    @action(detail=True, methods=["post"])
    def secret(self, request: Request, id: int) -> Response:  # noqa: A002 - the name in the URL
        made = endpoints.rotate_secret(self.get_object().pk)
        return Response(notifications.secret_answer(made), status=201)


@listing("a delivery", "deliveries of alerts", notifications.Delivery, parameters.LISTING_OF_DELIVERIES)
class DeliveryView(NewestFirstView):
    """Deliveries of alerts to webhook endpoints and e-mail addresses."""

    queryset = Delivery.objects.all()
    serializer_class = Serializer  # requests have no body
    known = parameters.LISTING_OF_DELIVERIES
    scopes: ClassVar = {"GET": Scope.READ, "POST": Scope.ADMIN}

    def bodies(self, rows: Sequence[Delivery]) -> list[notifications.Delivery]:
        return list(map(notifications.delivery_answer, rows))

    def get_queryset(self) -> QuerySet[Delivery]:
        deliveries = super().get_queryset()
        if self.action != "list":
            return deliveries
        if endpoint_ids := self.params["endpoint_id"]:
            deliveries = deliveries.filter(endpoint__in=endpoint_ids)
        return deliveries.filter(state=self.params["state"]) if self.params["state"] else deliveries

    @extend_schema(
        operation_id="webhooks_deliveries_replay",
        summary="Send a delivery again",
        description="Whatever its state. It is due at once, and retried like a new one, under the same webhook-id.",
        request=None,
        responses={200: notifications.Delivery, **schemas.problems(404)},
    )
    @action(detail=True, methods=["post"])
    def replay(self, request: Request, id: int) -> Response:  # noqa: A002 - the name in the URL
        delivery = self.get_object()
        replay(Delivery.objects.filter(pk=delivery.pk))
        delivery.refresh_from_db()
        return Response(self.body(delivery))


@contextmanager
def as_api_errors() -> Iterator[None]:
    """Raise errors of the services as API errors."""
    try:
        yield
    except services.LimitRejectedError as error:
        raise ValidationError({_FIELDS.get(field, field): rules for field, rules in error.problems.items()}) from error
    except RejectedAddressError as error:
        raise ValidationError({"url": [str(error)]}) from error


_FIELDS = {"plan_id": "plan", "subscription_id": "subscription", "__all__": "non_field_errors"}


def _terms(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the terms of a limit, with the ids of its plan and subscription."""
    ids = {f"{name}_id": values[name] and values[name].pk for name in ("plan", "subscription") if name in values}
    return {name: value for name, value in values.items() if name not in ("plan", "subscription")} | ids
