"""Views of rows that are listed, and read."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from msgspec import Struct
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from . import parameters, schemas
from .authentication import access
from .pagination import IdPagination, NewestFirstPagination
from .parameters import Parameter
from .views import ParameterView


class ListedView(GenericViewSet[Any], ParameterView):
    """A list of rows, pages of it, and its parameters."""

    pagination_class: type[IdPagination] = IdPagination
    lookup_url_kwarg = "id"
    lookup_value_converter = "id"

    def known_parameters(self) -> Sequence[Parameter]:
        return self.known if self.action == "list" else ()

    def bodies(self, rows: Sequence[Any]) -> Any:
        """Return the bodies of rows; what these need is looked up for all together."""
        return self.get_serializer(rows, many=True).data

    def body(self, row: Any) -> Any:
        """Return the body of one row."""
        (body,) = self.bodies([row])
        return body

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.get_paginated_response(self.bodies(self.paginate_queryset(self.get_queryset()) or ()))

    def of_subscriptions(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows of subscriptions within the caller's carrier; in a list, of those asked for."""
        if carrier := access(self.request).carrier:
            rows = rows.filter(subscription__carrier=carrier)
        if self.action == "list" and (asked := self.asked["subscription_id"]):
            rows = rows.filter(subscription__in=asked)
        return rows

    def within(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows whose `day` lies in the period asked for."""
        period = parameters.period_of(self.asked)
        if period.first:
            rows = rows.filter(day__gte=period.first)
        return rows.filter(day__lte=period.last) if period.last else rows


class ReadView(ListedView):
    """A list of rows, each of which is read by its id as well."""

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(self.body(self.get_object()))


class NewestFirstView(ReadView):
    """A list of rows with the latest first, each of which is read by its id as well."""

    pagination_class = NewestFirstPagination


def listing(one: str, many: str, shape: type[Struct], known: Sequence[Parameter]) -> Callable[[Any], Any]:
    """The schema of what is listed and read."""
    return extend_schema_view(
        list=extend_schema(
            summary=f"List {many}, the latest first",
            parameters=[parameter.documented() for parameter in known],
            responses={200: shape, **schemas.problems(400)},
        ),
        retrieve=extend_schema(summary=f"Read {one}", responses={200: shape, **schemas.problems(404)}),
    )
