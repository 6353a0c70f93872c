from django.contrib import admin

from wingtel.db.admin import ReadOnlyAdmin, RowAdmin

from .models import ActiveStrategy, UsageDaily, UsageMonthly


@admin.register(UsageDaily)
class UsageDailyAdmin(RowAdmin[UsageDaily]):
    list_display = ["subscription_id", "usage_type", "day", "used", "price", "records"]
    list_filter = ["usage_type"]
    ordering = ["subscription_id", "usage_type", "day"]
    search_fields = ["subscription_id"]


@admin.register(UsageMonthly)
class UsageMonthlyAdmin(RowAdmin[UsageMonthly]):
    list_display = ["subscription_id", "usage_type", "month", "used", "price", "records"]
    list_filter = ["usage_type"]
    ordering = ["subscription_id", "usage_type", "month"]
    search_fields = ["subscription_id"]


@admin.register(ActiveStrategy)
class ActiveStrategyAdmin(ReadOnlyAdmin[ActiveStrategy]):
    """The active strategy, without the hashes of what it installed."""

    list_display = ["name", "since"]
    fields = ["name", "since"]
