from django.contrib import admin

from wingtel.db.admin import BoundedPaginator, ReadOnlyAdmin

from .models import UsageConflict


@admin.register(UsageConflict)
class UsageConflictAdmin(ReadOnlyAdmin[UsageConflict]):
    list_display = [
        *("id", "usage_type", "record_id", "usage_date", "subscription_id"),
        *("stored_quantity", "quantity", "stored_price", "price", "detected_at"),
    ]
    list_filter = ["usage_type"]
    list_max_show_all = 0
    paginator = BoundedPaginator
    search_fields = ["record_id__exact"]
    search_help_text = "The reference of a record."
