from django.contrib import admin

from wingtel.db.admin import BoundedPaginator, ReadOnlyAdmin

from .models import IdempotentRequest


@admin.register(IdempotentRequest)
class IdempotentRequestAdmin(ReadOnlyAdmin[IdempotentRequest]):
    """Requests with an Idempotency-Key, without their replies, which are the callers' own."""

    list_display = ["id", "caller", "key", "created_at"]
    fields = ["caller", "key", "created_at"]
    list_max_show_all = 0
    ordering = ["-id"]
    paginator = BoundedPaginator
    search_fields = ["key__exact"]
    search_help_text = "An idempotency key."
