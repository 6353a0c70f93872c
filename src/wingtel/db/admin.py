"""Parts of the admin that the apps share."""

import json
from typing import Any, TypeVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.core.paginator import Paginator
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.functional import cached_property

M = TypeVar("M", bound=models.Model)

MOST_LISTED = 1000


class BoundedPaginator(Paginator[Any]):
    """A paginator of the first MOST_LISTED rows, since counting all rows of a huge table takes long."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by()[:MOST_LISTED].count())


class ReadOnlyAdmin(admin.ModelAdmin[M]):
    """Rows that the admin shows and does not write, since there is another way to write them."""

    actions: Any = None
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False

    def may_change(self, request: HttpRequest) -> bool:
        """Return True if the user has Django's permission to change the model, for actions."""
        return super().has_change_permission(request)


class RowAdmin(ReadOnlyAdmin[M]):
    """Rows of a huge table or view, identified by a RowKeyField, in the order of the index of their columns."""

    paginator = BoundedPaginator
    list_max_show_all = 0
    search_help_text = "The id of a subscription."

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> M | None:
        """Return the row with a key. It is looked up by the columns, which have an index."""
        key: Any = self.opts.pk
        try:
            values = json.loads(object_id)
            return self.get_queryset(request).get(**dict(zip(key.columns, values, strict=True)))
        except (ValueError, TypeError, ValidationError, ObjectDoesNotExist):
            return None

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[M], search_term: str
    ) -> tuple[QuerySet[M], bool]:
        """Return the rows of the subscription whose id was entered."""
        if not search_term:
            return queryset, False
        is_id = search_term.isdecimal() and len(search_term) <= 18
        return queryset.filter(subscription_id=int(search_term)) if is_id else queryset.none(), False


class ServiceForm(forms.ModelForm[M]):
    """A form that saves by a service, which validates. What the service refuses is an error of the form."""

    def store(self) -> M:
        """Return the row that the service stored. Raises ValidationError."""
        raise NotImplementedError

    def _post_clean(self) -> None:
        if self.errors:
            return
        try:
            self.instance = self.store()
        except ValidationError as error:
            self.add_error(None, error)


class ServiceAdmin(admin.ModelAdmin[M]):
    """Rows that are written by services, as the API and the command line write them. The form is a ServiceForm."""

    show_full_result_count = False

    def save_model(self, request: HttpRequest, obj: M, form: Any, change: bool) -> None:
        """Do nothing: the form has stored the row."""


def shown_once(site: admin.AdminSite, request: HttpRequest, *, what: str, secret: str) -> HttpResponse:
    """Return a page with a new secret, in this response alone. The admin lets no cache store its pages."""
    context = {**site.each_context(request), "title": what, "secret": secret}
    return TemplateResponse(request, "wingtel/shown_once.html", context)
