from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from wingtel.db.admin import ServiceAdmin, ServiceForm, shown_once

from . import keys
from .models import ApiKey
from .scopes import Scope


class ApiKeyForm(ServiceForm[ApiKey]):
    """A new key."""

    scopes = forms.MultipleChoiceField(choices=Scope.choices, widget=forms.CheckboxSelectMultiple)

    class Meta:
        model = ApiKey
        fields = ["name", "scopes", "carrier", "expires_at", "requests_per_minute"]

    def store(self) -> ApiKey:
        try:
            made = keys.create(**self.cleaned_data)
        except keys.KeyProblemError as error:
            raise ValidationError(str(error)) from error
        stored: Any = made.key
        stored.token = made.token  # for the response alone
        return made.key


_SHOWN = (
    *("name", "prefix", "scopes", "carrier", "requests_per_minute"),
    *("created_at", "expires_at", "revoked_at", "last_used_at"),
)


@admin.register(ApiKey)
class ApiKeyAdmin(ServiceAdmin[ApiKey]):
    """Keys are made and revoked. Their hashes are not shown."""

    actions = ["revoke"]
    form = ApiKeyForm
    list_display = _SHOWN
    search_fields = ["name", "prefix"]

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> Any:
        return _SHOWN if obj else ApiKeyForm.Meta.fields

    def has_change_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        return False

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Return True if the user may change keys."""
        return super().has_change_permission(request)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        """Show the key, this once."""
        return shown_once(self.admin_site, request, what=f"The key {obj.name}", secret=obj.token)

    @admin.action(description="Revoke selected API keys", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        """Revoke keys that are in force."""
        for key in queryset.filter(revoked_at=None):
            keys.revoke(key.prefix)
            messages.success(request, f"{key.name} is revoked.")
