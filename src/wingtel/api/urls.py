"""Version 1 of the API."""

from django.urls import URLPattern, URLResolver, include, path, register_converter
from drf_spectacular.views import SpectacularRedocView, SpectacularSwaggerView
from rest_framework.routers import SimpleRouter

from . import assignments, lifecycle, limits, resources, subscriptions, usage_records, views
from .converters import CodeConverter, IdConverter
from .documentation import SchemaView

app_name = "api"

register_converter(IdConverter, "id")
register_converter(CodeConverter, "code")

router = SimpleRouter(use_regex_path=False)
router.register("plans", resources.PlanView, basename="plan")
router.register("purchases", resources.PurchaseView, basename="purchase")
router.register("carriers", subscriptions.CarrierView, basename="carrier")
router.register("subscriptions", subscriptions.AnySubscriptionView, basename="subscription")
router.register("att_subscriptions", resources.AttSubscriptionView, basename="att-subscription")
router.register("sprint_subscriptions", resources.SprintSubscriptionView, basename="sprint-subscription")
router.register("usage/adjustments", lifecycle.AdjustmentView, basename="adjustment")
router.register("usage/days", lifecycle.DayView, basename="day")
router.register("usage/conflicts", usage_records.ConflictView, basename="conflict")
router.register("usage/reconciliations", lifecycle.ReconciliationView, basename="reconciliation")
router.register("limits", limits.LimitView, basename="limit")
router.register("alerts", limits.AlertView, basename="alert")
router.register("webhooks/endpoints", limits.EndpointView, basename="webhook-endpoint")
router.register("webhooks/deliveries", limits.DeliveryView, basename="webhook-delivery")

urlpatterns: list[URLPattern | URLResolver] = [
    path("usage/exceeding/", views.ExceedingView.as_view(), name="exceeding"),
    path("usage/records/", usage_records.UsageRecordsView.as_view(), name="usage-records"),
    path("usage/metrics/", views.MetricsView.as_view(), name="metrics"),
    path("subscriptions/<id:id>/usage/", views.SeriesView.as_view(), name="series"),
    path("subscriptions/<id:id>/usage/<str:day>/", lifecycle.ExplanationView.as_view(), name="explanation"),
    path(
        "subscriptions/<id:id>/identifiers/",
        assignments.IdentifierView.as_view({"get": "list", "post": "create"}),
        name="identifiers",
    ),
    path(
        "subscriptions/<id:id>/identifiers/<id:identifier>/end/",
        assignments.IdentifierView.as_view({"post": "end"}),
        name="identifier-end",
    ),
    path(
        "subscriptions/<id:id>/identifiers/<id:identifier>/move/",
        assignments.IdentifierView.as_view({"post": "move"}),
        name="identifier-move",
    ),
    path(
        "subscriptions/<id:id>/plans/",
        assignments.PlanHistoryView.as_view({"get": "list", "post": "create"}),
        name="subscription-plans",
    ),
    path("health/", views.HealthView.as_view(), name="health"),
    path("schema/", SchemaView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerView.as_view(url_name="api:schema"), name="docs"),
    path(
        "redoc/",
        SpectacularRedocView.as_view(url_name="api:schema", template_name="api/redoc.html"),
        name="redoc",
    ),
    path("", include(router.urls)),
]
