"""Health check of the server, and its metrics for Prometheus."""

from typing import Annotated

from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from msgspec import Struct
from prometheus_client import CONTENT_TYPE_LATEST
from rest_framework.request import Request

from wingtel.api.common.openapi import extend_schema
from wingtel.api.common.renderers import json_response
from wingtel.api.common.views import ParameterView
from wingtel.monitoring.health import background_status, redis_status
from wingtel.monitoring.metrics import exposition
from wingtel.shapes import one_of


class Health(Struct):
    """Health of a server whose database answers. If `degraded`, background work has stopped; answers are right."""

    status: Annotated[str, one_of(("ok", "degraded"), "The overall status.")]
    redis: Annotated[str, one_of(("ok", "unreachable", "not configured"), "The status of Redis.")]
    background: Annotated[
        str,
        one_of(
            ("ok", "stalled", "not running"),
            "`stalled` if no task has run for a minute, `not running` if none ever has.",
        ),
    ]


class HealthView(ParameterView):
    """Health check: the server and its database answer, and background work goes on."""

    authentication_classes = ()
    permission_classes = ()

    @extend_schema(
        operation_id="health",
        tags=["health"],
        summary="Health of the server, its database and background work",
        description="200 as long as the API answers; `degraded` if Redis or the tasks are not running, which "
        "holds up merging, sealing and imports of watched folders, and nothing else.",
        auth=[],
        responses={200: Health},
    )
    def get(self, request: Request) -> HttpResponse:
        connection.ensure_connection()
        if not connection.is_usable():
            raise OperationalError("the database does not answer SELECT 1")
        redis, background = redis_status(), background_status()
        status = "ok" if redis == background == "ok" else "degraded"
        return json_response(Health(status=status, redis=redis, background=background))


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Return the metrics of background work, business days and imports."""
    return HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST)
