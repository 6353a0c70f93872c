"""Usage answers: exceeding, metrics, and the series of one subscription."""

from dataclasses import astuple
from typing import Any, ClassVar

from django.conf import settings
from django.http.response import HttpResponseBase
from msgspec import Raw
from rest_framework.request import Request

from wingtel.access.scopes import Scope
from wingtel.aggregates import queries, serialization, shapes
from wingtel.api.common import cursors, parameters, schemas
from wingtel.api.common.authentication import access
from wingtel.api.common.openapi import extend_schema
from wingtel.api.common.parameters import filter_of, period_of, usage_types_of
from wingtel.api.common.renderers import json_response
from wingtel.api.common.scoped import ALL_METHODS
from wingtel.api.common.views import ExportView
from wingtel.exports import definitions as exports


class ExceedingView(ExportView):
    """Subscriptions that have reached a price limit."""

    known = parameters.EXCEEDING
    scopes: ClassVar = {"GET": Scope.READ}
    carrier_safe_methods = ALL_METHODS

    @extend_schema(
        operation_id="usage_exceeding",
        tags=["usage"],
        summary="Subscriptions that reached a price limit",
        description="The subscriptions whose total price for a usage type is at least the limit. Each usage "
        "type is checked on its own. Largest excess first. Without dates: all time.",
        parameters=[parameter.documented() for parameter in parameters.EXCEEDING],
        responses={**schemas.files(shapes.Exceeding), **schemas.problems(400, 503)},
    )
    def get(self, request: Request) -> HttpResponseBase:
        period = period_of(self.params)
        requested: dict[str, Any] = {
            "price_limit": self.params["price_limit"],
            "period": period,
            "usage_types": usage_types_of(self.params),
            "only": filter_of(self.params, access(request)),
        }
        if self.form:
            requested |= {"form": self.form, "seconds": settings.WINGTEL_EXPORT_SECONDS}
            return self.file(exports.exceeding(**requested), self.form)
        page = queries.exceeding(**requested, page_size=self.params["page_size"], after=self.params["cursor"])
        return json_response(
            serialization.exceeding_answer(
                page,
                Raw(page.written),
                limit=serialization.price_limit(self.params["price_limit"]),
                period=period,
                next_url=next_url(request, page.next),
            )
        )


class MetricsView(ExportView):
    """Usage and price of subscriptions in a period."""

    known = parameters.METRICS
    scopes: ClassVar = {"GET": Scope.READ}
    carrier_safe_methods = ALL_METHODS

    @extend_schema(
        operation_id="usage_metrics",
        tags=["usage"],
        summary="Usage and price of subscriptions",
        description="Usage, price and number of records of every subscription with usage between two dates, "
        "both included, by usage type. In order of subscription and usage type.",
        parameters=[parameter.documented() for parameter in parameters.METRICS],
        responses={**schemas.files(shapes.Metrics), **schemas.problems(400, 503)},
    )
    def get(self, request: Request) -> HttpResponseBase:
        period = period_of(self.params)
        requested: dict[str, Any] = {
            "period": period,
            "usage_types": usage_types_of(self.params),
            "only": filter_of(self.params, access(request)),
        }
        if self.form:
            requested |= {"form": self.form, "seconds": settings.WINGTEL_EXPORT_SECONDS}
            return self.file(exports.metrics(**requested), self.form)
        page = queries.metrics(**requested, page_size=self.params["page_size"], after=self.params["cursor"])
        return json_response(serialization.metrics_answer(page, period=period, next_url=next_url(request, page.next)))


class SeriesView(ExportView):
    """Usage and price of one subscription over time."""

    known = parameters.SERIES
    scopes: ClassVar = {"GET": Scope.READ}
    carrier_safe_methods = ALL_METHODS

    @extend_schema(
        operation_id="subscription_usage",
        tags=["usage"],
        summary="Usage and price of one subscription, by day or month",
        description="In order of time and usage type; days or months without usage are left out. A month at "
        "the edge of the period counts its days in the period only. An unknown subscription has no usage: an "
        "empty list.",
        parameters=[parameter.documented() for parameter in parameters.SERIES],
        responses={**schemas.files(shapes.Series), **schemas.problems(400, 404, 503)},
    )
    def get(self, request: Request, id: int) -> HttpResponseBase:  # noqa: A002 - the name in the URL
        period, granularity = period_of(self.params), self.params["granularity"]
        requested: dict[str, Any] = {
            "subscription_id": id,
            "period": period,
            "usage_types": usage_types_of(self.params),
            "granularity": granularity,
            "carrier": access(request).carrier,
        }
        if self.form:
            return self.file(exports.series(**requested), self.form)
        series = queries.series(**requested)
        return json_response(
            serialization.series_answer(series, subscription_id=id, period=period, granularity=granularity)
        )


def next_url(request: Request, position: queries.ExceedingPosition | queries.MetricsPosition | None) -> str | None:
    """Return the URL of the page that starts after `position`."""
    return cursors.next_url(request, cursors.encode(*astuple(position)) if position else None)
