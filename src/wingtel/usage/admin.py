from collections.abc import Sequence
from datetime import date, datetime, timedelta
from operator import attrgetter
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from wingtel.db.admin import BoundedPaginator, ReadOnlyAdmin, RowAdmin

from .business_days import time_zone
from .models import DataUsageRow, IngestBatch, SmsUsageRow, UsageDay, UsageRow, VoiceUsageRow
from .provenance import origins_of

_LISTED_DAYS = 62


class BusinessDayFilter(admin.SimpleListFilter):
    """A filter by one of the last business days, so that a single partition is read."""

    title = "business day"
    parameter_name = "day"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        """Return the days that may be chosen."""
        today = datetime.now(time_zone()).date()
        days = [(today - timedelta(days=back)).isoformat() for back in range(-1, _LISTED_DAYS)]
        chosen = [self.value()] if self.value() and self.value() not in days else []
        return [(day, day) for day in [*chosen, *days] if day]

    def queryset(self, request: HttpRequest, queryset: QuerySet[UsageRow]) -> QuerySet[UsageRow]:
        """Return the records of the chosen day."""
        if not (value := self.value()):
            return queryset
        try:
            day = date.fromisoformat(value)
        except ValueError:
            return queryset.none()
        zone = time_zone()
        begin, end = (datetime(each.year, each.month, each.day, tzinfo=zone) for each in (day, day + timedelta(days=1)))
        return queryset.filter(usage_date__gte=begin, usage_date__lt=end)


class UsageRowAdmin(RowAdmin[UsageRow]):
    """Raw records in the order of their references, the latest first where these grow."""

    list_filter = [BusinessDayFilter]
    ordering = ["-record_id", "-usage_date", "-subscription_id"]
    search_fields = ["record_id"]
    search_help_text = "The reference of a record. For those of a subscription, choose its business day first."

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[UsageRow], search_term: str
    ) -> tuple[QuerySet[UsageRow], bool]:
        """Return the records with a reference. Of one business day, return also those of a subscription."""
        if not search_term:
            return queryset, False
        by_reference = queryset.filter(record_id=search_term)
        if not request.GET.get(BusinessDayFilter.parameter_name):
            return by_reference, False
        of_subscription, _ = super().get_search_results(request, queryset, search_term)
        return by_reference | of_subscription, False

    @admin.display(description="origin")
    def origin(self, row: UsageRow) -> str:
        """Return the import and line, or the request and index, that a record came from."""
        found = origins_of([row.source]).get(row.source)
        return f"{found.kind} {found.reference} {found.name} line {found.line}" if found else "-"

    def get_readonly_fields(self, request: HttpRequest, obj: UsageRow | None = None) -> list[str]:
        names = [field.name for field in self.opts.fields if field.name not in ("key", "source")]
        return [*names, "origin"]

    def get_fields(self, request: HttpRequest, obj: UsageRow | None = None) -> Any:
        return self.get_readonly_fields(request, obj)


@admin.register(DataUsageRow)
class DataUsageRowAdmin(UsageRowAdmin):
    list_display = ["record_id", "usage_date", "subscription_id", "kilobytes_used", "price"]


@admin.register(VoiceUsageRow)
class VoiceUsageRowAdmin(UsageRowAdmin):
    list_display = ["record_id", "usage_date", "subscription_id", "seconds_used", "price"]


@admin.register(SmsUsageRow)
class SmsUsageRowAdmin(UsageRowAdmin):
    list_display = ["record_id", "usage_date", "subscription_id", "messages_sent", "price"]


@admin.register(UsageDay)
class UsageDayAdmin(ReadOnlyAdmin[UsageDay]):
    list_display = ["day", "state", "sealed_at", "expired_at", "reopened", "sealed_with"]
    list_filter = ["state"]
    ordering = ["-day"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[UsageDay]:
        return super().get_queryset(request).prefetch_related("sums")

    def get_fields(self, request: HttpRequest, obj: UsageDay | None = None) -> Any:
        return [*super().get_fields(request, obj), "sealed_with"]

    @admin.display(description="sealed with")
    def sealed_with(self, day: UsageDay) -> str:
        """Return the sums by usage type that a day was sealed with."""
        sums = sorted(day.sums.all(), key=attrgetter("usage_type"))
        parts = [f"{each.records:,} {each.usage_type} records, price {each.price:,f}" for each in sums]
        return "; ".join(parts) or "-"


@admin.register(IngestBatch)
class IngestBatchAdmin(ReadOnlyAdmin[IngestBatch]):
    list_display = ["id", "origin", "reference", "name", "first_line", "ingested_at"]
    list_filter = ["origin"]
    ordering = ["-id"]
    search_fields = ["=id"]
    paginator = BoundedPaginator
    list_max_show_all = 0
