"""Pagination of rows in the order of their ids."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from . import cursors
from .views import ParameterView


class IdPagination(BasePagination):
    """Pagination by id. A page starts after the last id of the one before, so rows written meanwhile shift nothing."""

    next: str | None = None
    newest_first: ClassVar[bool] = False

    def paginate_queryset(
        self, queryset: QuerySet[Any] | Sequence[Any], request: Request, view: APIView | None = None
    ) -> list[Any]:
        if not isinstance(view, ParameterView) or not isinstance(queryset, QuerySet):
            raise TypeError(f"IdPagination serves querysets to a ParameterView, not {queryset!r} to {view!r}")
        page_size, after = view.params["page_size"], view.params["cursor"]
        rows = queryset.order_by("-pk" if self.newest_first else "pk")
        if after:
            rows = rows.filter(**{"pk__lt" if self.newest_first else "pk__gt": after})
        rows_and_next = list(rows[: page_size + 1])
        page = rows_and_next[:page_size]
        self.next = cursors.next_url(request, cursors.encode(page[-1].pk) if len(rows_and_next) > page_size else None)
        return page

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"next": self.next, "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        next_schema = {
            "type": ["string", "null"],
            "format": "uri",
            "description": "The following page, null on the last.",
            "example": None,
        }
        return {
            "type": "object",
            "required": ["next", "results"],
            "properties": {"next": next_schema, "results": schema},
        }


class NewestFirstPagination(IdPagination):
    """Pagination by id in descending order."""

    newest_first = True
