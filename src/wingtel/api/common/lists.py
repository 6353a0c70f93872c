"""Base views that list rows and read single ones."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_view
from msgspec import Struct
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from . import parameters, schemas
from .authentication import access
from .openapi import extend_schema
from .pagination import IdPagination, NewestFirstPagination
from .parameters import QueryParameter
from .views import ParameterView


class ListedView(GenericViewSet[Any], ParameterView):
    """A list of rows, page by page, with its query parameters."""

    pagination_class: type[IdPagination] = IdPagination
    filter_backends = ()
    lookup_url_kwarg = "id"
    lookup_value_converter = "wingtel_id"

    def known_parameters(self) -> Sequence[QueryParameter]:
        return self.known if self.action == "list" else ()

    def bodies(self, rows: Sequence[Any]) -> Any:
        """Return the bodies of rows. Related data is looked up for all rows together."""
        return self.get_serializer(rows, many=True).data

    def body(self, row: Any) -> Any:
        """Return the body of one row."""
        (body,) = self.bodies([row])
        return body

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.get_paginated_response(self.bodies(self.paginate_queryset(self.get_queryset()) or ()))

    def of_subscriptions(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows of the caller's carrier; in a list, only of the requested subscriptions."""
        if carrier := access(self.request).carrier:
            rows = rows.filter(subscription__carrier=carrier)
        if self.action == "list" and (ids := self.params["subscription_id"]):
            rows = rows.filter(subscription__in=ids)
        return rows

    def within(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows whose `day` is in the requested period."""
        period = parameters.period_of(self.params)
        if period.first:
            rows = rows.filter(day__gte=period.first)
        return rows.filter(day__lte=period.last) if period.last else rows


class ReadView(ListedView):
    """A list of rows. Each can also be read by its id."""

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(self.body(self.get_object()))


class NewestFirstView(ReadView):
    """A list of rows, the latest first. Each can also be read by its id."""

    pagination_class = NewestFirstPagination


def listing(one: str, many: str, shape: type[Struct], known: Sequence[QueryParameter]) -> Callable[[Any], Any]:
    """Return a decorator that documents a view which lists and reads rows of `shape`."""
    return extend_schema_view(
        list=extend_schema(
            summary=f"List {many}, the latest first",
            parameters=[parameter.documented() for parameter in known],
            responses={200: shape, **schemas.problems(400)},
        ),
        retrieve=extend_schema(summary=f"Read {one}", responses={200: shape, **schemas.problems(404)}),
    )
