"""Version 1 of the API."""

from django.urls import URLPattern, URLResolver, include, path, register_converter
from rest_framework.routers import SimpleRouter

from wingtel.aggregates.validation import CODE, LARGEST_ID

from .adjustments.views import AdjustmentView
from .assignments.views import IdentifierView, PlanHistoryView
from .carriers.views import CarrierView
from .common.documentation import RedocView, SchemaView, SwaggerView
from .health import HealthView
from .lifecycle import DayView, ExplanationView, ReconciliationView
from .limits.views import AlertView, DeliveryView, EndpointView, LimitView
from .plans.views import PlanView
from .purchases.views import PurchaseView
from .subscriptions.views import AnySubscriptionView, AttSubscriptionView, SprintSubscriptionView
from .usage import ExceedingView, MetricsView, SeriesView
from .usage_records.views import ConflictView, UsageRecordsView


class CodeConverter:
    """Code of a carrier."""

    regex = CODE

    def to_python(self, value: str) -> str:
        """Return the code unchanged."""
        return value

    def to_url(self, value: str) -> str:
        """Return the code unchanged."""
        return value


class IdConverter:
    """An id. A URL with anything else in its place is not found."""

    regex = "[1-9][0-9]{0,18}"

    def to_python(self, value: str) -> int:
        """Return the id as a number. Raises ValueError, which Django treats as no match."""
        if int(value) > LARGEST_ID:
            raise ValueError(value)
        return int(value)

    def to_url(self, value: int) -> str:
        """Return the id as a part of a URL."""
        return str(value)


app_name = "wingtel_api"

register_converter(IdConverter, "wingtel_id")
register_converter(CodeConverter, "wingtel_code")

router = SimpleRouter(use_regex_path=False)
router.register("plans", PlanView, basename="plan")
router.register("purchases", PurchaseView, basename="purchase")
router.register("carriers", CarrierView, basename="carrier")
router.register("subscriptions", AnySubscriptionView, basename="subscription")
router.register("att_subscriptions", AttSubscriptionView, basename="att-subscription")
router.register("sprint_subscriptions", SprintSubscriptionView, basename="sprint-subscription")
router.register("usage/adjustments", AdjustmentView, basename="adjustment")
router.register("usage/days", DayView, basename="day")
router.register("usage/conflicts", ConflictView, basename="conflict")
router.register("usage/reconciliations", ReconciliationView, basename="reconciliation")
router.register("limits", LimitView, basename="limit")
router.register("alerts", AlertView, basename="alert")
router.register("webhooks/endpoints", EndpointView, basename="webhook-endpoint")
router.register("webhooks/deliveries", DeliveryView, basename="webhook-delivery")

urlpatterns: list[URLPattern | URLResolver] = [
    path("usage/exceeding/", ExceedingView.as_view(), name="exceeding"),
    path("usage/records/", UsageRecordsView.as_view(), name="usage-records"),
    path("usage/metrics/", MetricsView.as_view(), name="metrics"),
    path("subscriptions/<wingtel_id:id>/usage/", SeriesView.as_view(), name="series"),
    path("subscriptions/<wingtel_id:id>/usage/<str:day>/", ExplanationView.as_view(), name="explanation"),
    path(
        "subscriptions/<wingtel_id:id>/identifiers/",
        IdentifierView.as_view({"get": "list", "post": "create"}),
        name="identifiers",
    ),
    path(
        "subscriptions/<wingtel_id:id>/identifiers/<wingtel_id:identifier>/end/",
        IdentifierView.as_view({"post": "end"}),
        name="identifier-end",
    ),
    path(
        "subscriptions/<wingtel_id:id>/identifiers/<wingtel_id:identifier>/move/",
        IdentifierView.as_view({"post": "move"}),
        name="identifier-move",
    ),
    path(
        "subscriptions/<wingtel_id:id>/plans/",
        PlanHistoryView.as_view({"get": "list", "post": "create"}),
        name="subscription-plans",
    ),
    path("health/", HealthView.as_view(), name="health"),
    path("schema/", SchemaView.as_view(), name="schema"),
    path("docs/", SwaggerView.as_view(), name="docs"),
    path("redoc/", RedocView.as_view(), name="redoc"),
    path("", include(router.urls)),
]
