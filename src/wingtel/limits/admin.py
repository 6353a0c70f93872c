from collections.abc import Sequence

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest

from wingtel.db.admin import ReadOnlyAdmin, ServiceAdmin, ServiceForm

from . import services
from .models import Alert, LimitEvaluation, PriceLimit


class PriceLimitForm(ServiceForm[PriceLimit]):
    """The terms of a limit."""

    class Meta:
        model = PriceLimit
        fields = ["name", "plan", "subscription", "usage_type", "period", "amount", "thresholds", "emails", "starts"]

    def store(self) -> PriceLimit:
        terms = {name: value for name, value in self.cleaned_data.items() if name not in ("plan", "subscription")}
        for name in ("plan", "subscription"):
            row = self.cleaned_data[name]
            terms[f"{name}_id"] = row and row.pk
        try:
            if self.instance.pk is None:
                return services.make_limit(**terms)
            return services.change_limit(self.instance.pk, **terms)
        except services.LimitRejectedError as error:
            raise ValidationError(error.problems) from error
        except services.UnknownLimitError as error:
            raise ValidationError(str(error)) from error


@admin.register(PriceLimit)
class PriceLimitAdmin(ServiceAdmin[PriceLimit]):
    """Limits. A removed one is not evaluated any more, and its alerts stay."""

    form = PriceLimitForm
    list_display = ["id", "name", "plan", "subscription", "usage_type", "period", "amount", "thresholds", "deleted_at"]
    list_filter = ["usage_type", "period", ("deleted_at", admin.EmptyFieldListFilter)]
    list_select_related = ["plan", "subscription"]
    raw_id_fields = ["plan", "subscription"]
    search_fields = ["name", "subscription__id__exact"]
    search_help_text = "A name, or the id of a subscription."

    def has_change_permission(self, request: HttpRequest, obj: PriceLimit | None = None) -> bool:
        return super().has_change_permission(request, obj) and not (obj and obj.deleted_at)

    def has_delete_permission(self, request: HttpRequest, obj: PriceLimit | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj and obj.deleted_at)

    def get_deleted_objects(
        self, objs: QuerySet[PriceLimit] | Sequence[PriceLimit], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Return the limits alone, since their alerts stay."""
        shown = [str(limit) for limit in objs]
        return shown, {str(self.opts.verbose_name_plural): len(shown)}, set(), []

    def delete_model(self, request: HttpRequest, obj: PriceLimit) -> None:
        services.remove_limit(obj.pk)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[PriceLimit]) -> None:
        for limit in queryset.filter(deleted_at=None):
            services.remove_limit(limit.pk)


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin[Alert]):
    list_display = [
        *("id", "price_limit", "subscription_id", "usage_type", "threshold_percent"),
        *("first", "last", "price", "opened_at", "resolved_at"),
    ]
    list_filter = ["usage_type", "period", ("resolved_at", admin.EmptyFieldListFilter)]
    list_select_related = ["price_limit"]
    search_fields = ["subscription__id__exact"]
    search_help_text = "The id of a subscription."


@admin.register(LimitEvaluation)
class LimitEvaluationAdmin(ReadOnlyAdmin[LimitEvaluation]):
    list_display = ["__str__", "evaluated_at"]
