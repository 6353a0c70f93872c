"""The base of resources: list, create, read, change, delete."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import ModelViewSet

from wingtel.keys.access import Scope

from . import parameters
from .pagination import IdPagination
from .parameters import Parameter
from .parsers import ExactJSONParser
from .schemas import problems
from .views import ParameterView


def documented(
    one: str,
    many: str,
    serializer: type[BaseSerializer[Any]],
    listing: Sequence[Parameter] = parameters.LISTING,
) -> Callable[[Any], Any]:
    """The schema of a resource, in whose summaries it is called `one` or `many`."""
    return extend_schema_view(
        list=extend_schema(
            summary=f"List {many}",
            description="In the order in which they were created.",
            parameters=[parameter.documented() for parameter in listing],
            responses={200: serializer(many=True), **problems(400)},
        ),
        create=extend_schema(summary=f"Create {one}", responses={201: serializer, **problems(400, 409)}),
        retrieve=extend_schema(summary=f"Read {one}", responses={200: serializer, **problems(404)}),
        update=extend_schema(summary=f"Replace {one}", responses={200: serializer, **problems(400, 404, 409)}),
        partial_update=extend_schema(summary=f"Change {one}", responses={200: serializer, **problems(400, 404, 409)}),
        destroy=extend_schema(
            summary=f"Delete {one}",
            responses={204: OpenApiResponse(description="It is gone."), **problems(404, 409)},
        ),
    )


class ResourceView(ModelViewSet[Any], ParameterView):
    """What all resources share."""

    known: ClassVar[Sequence[Parameter]] = parameters.LISTING
    scopes: ClassVar = {
        "GET": Scope.READ,
        **dict.fromkeys(("POST", "PUT", "PATCH", "DELETE"), Scope.ADMIN),
    }
    pagination_class = IdPagination
    parser_classes = (ExactJSONParser,)
    lookup_url_kwarg = "id"
    lookup_value_converter = "id"

    def known_parameters(self) -> Sequence[Parameter]:
        return self.known if self.action == "list" else ()
