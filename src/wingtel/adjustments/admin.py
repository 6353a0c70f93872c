from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from wingtel.db.admin import ServiceAdmin, ServiceForm
from wingtel.usage.models import UsageAdjustment, UsageType

from .services import AdjustmentRejectedError, adjust


class UsageAdjustmentForm(ServiceForm[UsageAdjustment]):
    """An adjustment to make, by the user who is logged in."""

    actor = ""

    class Meta:
        model = UsageAdjustment
        fields = ["subscription", "usage_type", "day", "used", "price", "reason"]

    def store(self) -> UsageAdjustment:
        values = self.cleaned_data
        try:
            return adjust(
                subscription_id=values["subscription"].pk,
                usage_type=UsageType(values["usage_type"]),
                **{name: values[name] for name in ("day", "used", "price", "reason")},
                actor=self.actor,
            )
        except AdjustmentRejectedError as error:
            field = {"subscription_id": "subscription"}.get(error.field, error.field)
            raise ValidationError({field: error.reason} if field in self.fields else str(error)) from error


@admin.register(UsageAdjustment)
class UsageAdjustmentAdmin(ServiceAdmin[UsageAdjustment]):
    """Adjustments are made, and never changed. The API and the command line reverse them."""

    actions = None
    form = UsageAdjustmentForm
    list_display = [
        *("id", "subscription_id", "usage_type", "day", "used", "price", "reason", "actor", "created_at"),
        "reverses_id",
    ]
    list_filter = ["usage_type"]
    ordering = ["-id"]
    raw_id_fields = ["subscription"]
    search_fields = ["subscription__id__exact"]
    search_help_text = "The id of a subscription."

    def get_form(
        self, request: HttpRequest, obj: UsageAdjustment | None = None, change: bool = False, **options: Any
    ) -> Any:
        form: Any = super().get_form(request, obj, change, **options)
        form.actor = request.user.get_username()
        return form

    def get_fields(self, request: HttpRequest, obj: UsageAdjustment | None = None) -> Any:
        made = [*UsageAdjustmentForm.Meta.fields, "actor", "created_at", "record_id", "usage_date", "reverses"]
        return made if obj else list(UsageAdjustmentForm.Meta.fields)

    def has_change_permission(self, request: HttpRequest, obj: UsageAdjustment | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: UsageAdjustment | None = None) -> bool:
        return False
