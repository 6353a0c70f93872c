from django.contrib import admin

from wingtel.db.admin import BoundedPaginator, ReadOnlyAdmin

from .models import ImportedRange, RejectedRecord, UsageImport


@admin.register(UsageImport)
class UsageImportAdmin(ReadOnlyAdmin[UsageImport]):
    list_display = [
        *("id", "file", "feed", "status", "started_at", "finished_at"),
        *("lines", "accepted", "skipped", "duplicate", "conflict", "rejected"),
    ]
    list_filter = ["status"]
    ordering = ["-id"]
    search_fields = ["file", "feed"]


@admin.register(ImportedRange)
class ImportedRangeAdmin(ReadOnlyAdmin[ImportedRange]):
    list_display = ["usage_import_id", "start", "end", "lines"]
    list_max_show_all = 0
    ordering = ["-id"]
    paginator = BoundedPaginator
    search_fields = ["usage_import__id__exact"]
    search_help_text = "The id of an import."


@admin.register(RejectedRecord)
class RejectedRecordAdmin(ReadOnlyAdmin[RejectedRecord]):
    list_display = ["id", "usage_import_id", "line", "field", "reason"]
    list_max_show_all = 0
    ordering = ["-id"]
    paginator = BoundedPaginator
    search_fields = ["usage_import__id__exact"]
    search_help_text = "The id of an import."
