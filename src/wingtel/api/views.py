"""The usage answers, and the health of the server."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import astuple
from typing import Any, ClassVar

import orjson
from django.conf import settings
from django.db import OperationalError, connection
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from wingtel.aggregates import answers, queries
from wingtel.background.health import background_status, redis_status
from wingtel.exports import answers as exports
from wingtel.exports.answers import Export
from wingtel.exports.formats import Format
from wingtel.keys.access import Scope

from . import cursors, negotiation, parameters, schemas
from .authentication import access
from .errors import Fault, InvalidParameters
from .exporting import MadeExport
from .guarded import ANY, Guarded
from .parameters import CURSOR, PAGE_SIZE, Parameter, filter_of, period_of, usage_types_of
from .rendering import OrjsonRenderer, json_response


class ParameterView(Guarded):
    """A view that refuses query parameters it does not know, and holds the ones it knows in `asked`.

    A method that it does not have is told first, then who may do what, then what is wrong with the parameters.
    """

    known: ClassVar[Sequence[Parameter]] = ()
    asked: dict[str, Any]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if request.method not in self.allowed_methods:
            raise MethodNotAllowed(str(request.method))
        super().initial(request, *args, **kwargs)
        self.asked = {}
        if request.method != "OPTIONS":  # which asks for no answer
            self.asked = parameters.read(request.query_params, self.known_parameters())

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """The renderer and media type to answer with; a `format` that there is none of is told as a parameter."""
        try:
            return super().perform_content_negotiation(request, force)
        except Http404:
            return super().perform_content_negotiation(request, force=True)

    def known_parameters(self) -> Sequence[Parameter]:
        """The parameters of the method asked for."""
        return self.known


class ExportView(ParameterView):
    """A view whose answer is to be had as a file too: by `format`, or by what the client accepts."""

    paged: ClassVar[bool] = True
    """True where the answer is also given as JSON, page by page."""

    form: Format | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.form:
            _refuse_pages(request, self.form)

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[BaseRenderer, str]:
        """Whatever is no file is JSON. Raises NotAcceptable for what is neither."""
        is_asked = request.method in {"GET", "HEAD"} and not force
        self.form = negotiation.format_of(request, paged=self.paged) if is_asked else None
        return OrjsonRenderer(), OrjsonRenderer.media_type

    @property
    def default_response_headers(self) -> dict[str, str]:
        return {**super().default_response_headers, "Vary": "Accept"}

    def file(self, export: AbstractContextManager[Export], form: Format) -> HttpResponseBase:
        """The response that holds `export`. To HEAD it says only what it would be of."""
        if self.request.method == "HEAD":
            return HttpResponse(content_type=form.media_type)
        return MadeExport(export, form).response()


class ExceedingView(ExportView):
    """Who has reached a price limit."""

    known = parameters.EXCEEDING
    scopes: ClassVar = {"GET": Scope.READ}
    within_carrier = ANY

    @extend_schema(
        operation_id="usage_exceeding",
        tags=["usage"],
        summary="Subscriptions that reached a price limit",
        description="The subscriptions whose total price for a usage type is at least the limit. Each usage "
        "type is checked on its own. Largest excess first. Without dates: all time.",
        parameters=[parameter.documented() for parameter in parameters.EXCEEDING],
        responses={**schemas.files(schemas.ExceedingShape), **schemas.problems(400, 503)},
        examples=[schemas.EXCEEDING_EXAMPLE, schemas.INVALID_PARAMETER_EXAMPLE],
    )
    def get(self, request: Request) -> HttpResponseBase:
        period = period_of(self.asked)
        asked: dict[str, Any] = {
            "price_limit": self.asked["price_limit"],
            "period": period,
            "usage_types": usage_types_of(self.asked),
            "only": filter_of(self.asked, access(request)),
        }
        if self.form:
            asked |= {"form": self.form, "seconds": settings.WINGTEL_EXPORT_SECONDS}
            return self.file(exports.exceeding(**asked), self.form)
        page = queries.exceeding(**asked, page_size=self.asked["page_size"], after=self.asked["cursor"])
        return json_response(
            answers.exceeding_answer(
                page,
                orjson.Fragment(page.written),
                limit=answers.price_limit(self.asked["price_limit"]),
                period=period,
                next_url=next_url(request, page.next),
            )
        )


class MetricsView(ExportView):
    """What subscriptions used and paid."""

    known = parameters.METRICS
    scopes: ClassVar = {"GET": Scope.READ}
    within_carrier = ANY

    @extend_schema(
        operation_id="usage_metrics",
        tags=["usage"],
        summary="What subscriptions used and paid",
        description="Usage, price and number of records of every subscription with usage between two dates, "
        "both included, by usage type. In order of subscription and usage type.",
        parameters=[parameter.documented() for parameter in parameters.METRICS],
        responses={**schemas.files(schemas.MetricsShape), **schemas.problems(400, 503)},
        examples=[schemas.METRICS_EXAMPLE, schemas.INVALID_PARAMETER_EXAMPLE],
    )
    def get(self, request: Request) -> HttpResponseBase:
        period = period_of(self.asked)
        asked: dict[str, Any] = {
            "period": period,
            "usage_types": usage_types_of(self.asked),
            "only": filter_of(self.asked, access(request)),
        }
        if self.form:
            asked |= {"form": self.form, "seconds": settings.WINGTEL_EXPORT_SECONDS}
            return self.file(exports.metrics(**asked), self.form)
        page = queries.metrics(**asked, page_size=self.asked["page_size"], after=self.asked["cursor"])
        return json_response(answers.metrics_answer(page, period=period, next_url=next_url(request, page.next)))


class SeriesView(ExportView):
    """What one subscription used and paid over time."""

    known = parameters.SERIES
    scopes: ClassVar = {"GET": Scope.READ}
    within_carrier = ANY

    @extend_schema(
        operation_id="subscription_usage",
        tags=["usage"],
        summary="What one subscription used and paid, by day or month",
        description="In order of time and usage type; days or months without usage are left out. A month at "
        "the edge of the period counts its days in the period only. An unknown subscription has no usage: an "
        "empty list.",
        parameters=[parameter.documented() for parameter in parameters.SERIES],
        responses={**schemas.files(schemas.SeriesShape), **schemas.problems(400, 404, 503)},
        examples=[schemas.SERIES_EXAMPLE, schemas.INVALID_PARAMETER_EXAMPLE],
    )
    def get(self, request: Request, id: int) -> HttpResponseBase:  # noqa: A002 - the address' own word
        period, granularity = period_of(self.asked), self.asked["granularity"]
        asked: dict[str, Any] = {
            "subscription_id": id,
            "period": period,
            "usage_types": usage_types_of(self.asked),
            "granularity": granularity,
            "carrier": access(request).carrier,
        }
        if self.form:
            return self.file(exports.series(**asked), self.form)
        series = queries.series(**asked)
        return json_response(answers.series_answer(series, subscription_id=id, period=period, granularity=granularity))


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
            200: schemas.HealthShape,
        },
    )
    def get(self, request: Request) -> Response:
        connection.ensure_connection()
        if not connection.is_usable():
            raise OperationalError("the database does not answer SELECT 1")
        parts = {"redis": redis_status(), "background": background_status()}
        is_whole = all(status == "ok" for status in parts.values())
        return Response({"status": "ok" if is_whole else "degraded", **parts})


def _refuse_pages(request: Request, form: Format) -> None:
    """Raise InvalidParameters for what asks for a part of a file."""
    if asked := [name for name in (PAGE_SIZE.name, CURSOR.name) if name in request.query_params]:
        rule = f"not together with {form}, which holds every result"
        raise InvalidParameters([Fault("parameter", name, rule, request.query_params[name]) for name in asked])


def next_url(request: Request, position: queries.ExceedingPosition | queries.MetricsPosition | None) -> str | None:
    """The address of the page that starts after `position`."""
    return cursors.next_url(request, cursors.encode(*astuple(position)) if position else None)
