from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from wingtel.db.admin import ReadOnlyAdmin

from . import carriers
from .models import Carrier, Plan, Purchase, Subscription, SubscriptionIdentifier, SubscriptionPlan


@admin.register(Carrier)
class CarrierAdmin(admin.ModelAdmin[Carrier]):
    list_display = ["code", "name", "country"]

    def has_delete_permission(self, request: HttpRequest, obj: Carrier | None = None) -> bool:
        return False  # its subscriptions, also deleted ones, name it

    def save_model(self, request: HttpRequest, obj: Carrier, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        carriers.forget()


@admin.register(Plan)
class PlanAdmin(admin.ModelAdmin[Plan]):
    list_display = ["name", "price", "data_available"]
    search_fields = ["name"]


@admin.register(Subscription)
class SubscriptionAdmin(admin.ModelAdmin[Subscription]):
    list_display = [
        "id",
        "carrier",
        "phone_number",
        "device_id",
        "status",
        "plan",
        "effective_date",
        "deleted_at",
    ]
    list_filter = ["carrier", "status"]
    list_select_related = ["plan"]
    search_fields = ["phone_number", "device_id", "sprint_id"]
    raw_id_fields = ["owner", "plan"]
    show_full_result_count = False

    def get_deleted_objects(
        self, objs: QuerySet[Subscription] | Sequence[Subscription], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Return the subscriptions alone.

        They are deleted softly, so no other row is deleted with them or prevents it.
        """
        shown = [str(subscription) for subscription in objs]
        return shown, {str(Subscription._meta.verbose_name_plural): len(shown)}, set(), []

    def delete_model(self, request: HttpRequest, obj: Subscription) -> None:
        obj.delete_softly()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Subscription]) -> None:
        for subscription in queryset:
            subscription.delete_softly()


@admin.register(Purchase)
class PurchaseAdmin(admin.ModelAdmin[Purchase]):
    list_display = ["id", "subscription", "amount", "status", "payment_date"]
    list_filter = ["status"]
    list_select_related = ["subscription"]
    raw_id_fields = ["user", "subscription"]


@admin.register(SubscriptionIdentifier)
class SubscriptionIdentifierAdmin(ReadOnlyAdmin[SubscriptionIdentifier]):
    """Identifiers by date. The API and the command line assign, move and end them."""

    list_display = ["id", "subscription_id", "kind", "value", "valid_from", "valid_to"]
    list_filter = ["kind"]
    search_fields = ["value__exact", "subscription__id__exact"]
    search_help_text = "A value in normal form, such as +12025550100, or the id of a subscription."


@admin.register(SubscriptionPlan)
class SubscriptionPlanAdmin(ReadOnlyAdmin[SubscriptionPlan]):
    """Plans of subscriptions by date. The API and the command line change them."""

    list_display = ["id", "subscription_id", "plan", "valid_from", "valid_to"]
    list_select_related = ["plan"]
    search_fields = ["subscription__id__exact"]
    search_help_text = "The id of a subscription."
