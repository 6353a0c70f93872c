"""Base view of resources: list, create, read, change, delete."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiResponse, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet

from wingtel.access.scopes import Scope

from . import parameters
from .lists import ReadView
from .openapi import extend_schema
from .parameters import QueryParameter
from .schemas import problems
from .serializers import KnownFields


def documented(
    one: str,
    many: str,
    serializer: type[KnownFields],
    listing: Sequence[QueryParameter] = parameters.LISTING,
) -> Callable[[Any], Any]:
    """Return a decorator that documents a resource, called `one` or `many` in its summaries."""
    shape: Any = serializer.response_shape or serializer
    return extend_schema_view(
        list=extend_schema(
            summary=f"List {many}",
            description="In the order in which they were created.",
            parameters=[parameter.documented() for parameter in listing],
            responses={200: serializer.response_shape or serializer(many=True), **problems(400)},
        ),
        create=extend_schema(summary=f"Create {one}", request=serializer, responses={201: shape, **problems(400, 409)}),
        retrieve=extend_schema(summary=f"Read {one}", responses={200: shape, **problems(404)}),
        update=extend_schema(summary=f"Replace {one}", responses={200: shape, **problems(400, 404, 409)}),
        partial_update=extend_schema(summary=f"Change {one}", responses={200: shape, **problems(400, 404, 409)}),
        destroy=extend_schema(
            summary=f"Delete {one}",
            responses={204: OpenApiResponse(description="It is gone."), **problems(404, 409)},
        ),
    )


class ResourceView(ReadView, ModelViewSet[Any]):
    """Base view of all resources."""

    known: ClassVar[Sequence[QueryParameter]] = parameters.LISTING
    scopes: ClassVar = {
        "GET": Scope.READ,
        **dict.fromkeys(("POST", "PUT", "PATCH", "DELETE"), Scope.ADMIN),
    }

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        sent = self.get_serializer(data=request.data)
        sent.is_valid(raise_exception=True)
        self.perform_create(sent)
        return Response(self.body(sent.instance), status=201)

    def update(self, request: Request, *args: Any, partial: bool = False, **kwargs: Any) -> Response:
        sent = self.get_serializer(self.get_object(), data=request.data, partial=partial)
        sent.is_valid(raise_exception=True)
        self.perform_update(sent)
        return Response(self.body(sent.instance))
