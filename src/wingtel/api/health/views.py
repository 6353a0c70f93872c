"""The health of the server."""

from django.db import OperationalError, connection
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from wingtel.api.common.views import ParameterView
from wingtel.background.health import background_status, redis_status

from . import shapes


class HealthView(ParameterView):
    """Whether the server and its database answer, and background work goes on."""

    authentication_classes = ()
    permission_classes = ()

    @extend_schema(
        operation_id="health",
        tags=["health"],
        summary="Whether the server and its database answer, and background work goes on",
        description="200 as long as questions are answered; `degraded` where Redis or the tasks are not there, which "
        "holds up folding, sealing and imports of watched folders, and nothing else.",
        auth=[],
        responses={
            200: shapes.HealthShape,
        },
    )
    def get(self, request: Request) -> Response:
        connection.ensure_connection()
        if not connection.is_usable():
            raise OperationalError("the database does not answer SELECT 1")
        parts = {"redis": redis_status(), "background": background_status()}
        is_whole = all(status == "ok" for status in parts.values())
        return Response({"status": "ok" if is_whole else "degraded", **parts})
