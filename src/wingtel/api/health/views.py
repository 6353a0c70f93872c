"""The health check of the server."""

from typing import Annotated

from django.db import OperationalError, connection
from django.http import HttpResponse
from msgspec import Struct
from rest_framework.request import Request

from wingtel.api.common.openapi import extend_schema
from wingtel.api.common.renderers import json_response
from wingtel.api.common.views import ParameterView
from wingtel.monitoring.health import background_status, redis_status
from wingtel.shapes import one_of


class Health(Struct):
    """The health of a server whose database answers. If `degraded`, background work has stopped; answers are right."""

    status: Annotated[str, one_of(("ok", "degraded"), "How all of it is.")]
    redis: Annotated[str, one_of(("ok", "unreachable", "not configured"), "How Redis is.")]
    background: Annotated[
        str,
        one_of(
            ("ok", "stalled", "not running"),
            "Whether tasks run: `stalled` when none has for a minute, `not running` when none ever did.",
        ),
    ]


class HealthView(ParameterView):
    """The health check: the server and its database answer, and background work goes on."""

    authentication_classes = ()
    permission_classes = ()

    @extend_schema(
        operation_id="health",
        tags=["health"],
        summary="Whether the server and its database answer, and background work goes on",
        description="200 as long as questions are answered; `degraded` where Redis or the tasks are not there, which "
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
