from django.contrib import admin

from wingtel.db.admin import ReadOnlyAdmin

from .models import RebuildRun, Reconciliation


@admin.register(Reconciliation)
class ReconciliationAdmin(ReadOnlyAdmin[Reconciliation]):
    list_display = ["id", "first", "last", "strategy", "finished_at", "keys", "drift_keys", "drift_price", "repaired"]
    list_filter = ["repaired", "strategy"]


@admin.register(RebuildRun)
class RebuildRunAdmin(ReadOnlyAdmin[RebuildRun]):
    list_display = ["id", "first", "last", "started_at", "finished_at"]
    ordering = ["-id"]
