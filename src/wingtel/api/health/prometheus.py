"""Metrics for Prometheus: `/metrics`."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from wingtel.monitoring.metrics import exposition


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Return the metrics of background work, business days and imports."""
    return HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST)
