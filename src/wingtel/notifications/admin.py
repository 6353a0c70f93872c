from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from wingtel.db.admin import ReadOnlyAdmin, ServiceAdmin, ServiceForm, shown_once
from wingtel.notifications.models import Delivery, WebhookEndpoint

from . import delivery, endpoints
from .address_policy import RejectedAddressError


class WebhookEndpointForm(ServiceForm[WebhookEndpoint]):
    """An address to post alerts to."""

    url = forms.URLField(max_length=2000, assume_scheme="https", label="URL")

    class Meta:
        model = WebhookEndpoint
        fields = ["url", "description", "enabled"]

    def store(self) -> WebhookEndpoint:
        try:
            if self.instance.pk is None:
                return endpoints.add_endpoint(**self.cleaned_data)
            return endpoints.change_endpoint(self.instance.pk, **self.cleaned_data)
        except RejectedAddressError as error:
            raise ValidationError({"url": str(error)}) from error
        except endpoints.UnknownEndpointError as error:
            raise ValidationError(str(error)) from error


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ServiceAdmin[WebhookEndpoint]):
    """Webhook endpoints. A secret is shown when it is made, and not again."""

    actions = ["rotate_secret"]
    form = WebhookEndpointForm
    list_display = ["id", "url", "description", "enabled", "disabled_because", "created_at"]
    list_display_links = ["id", "url"]
    list_filter = ["enabled"]
    search_fields = ["url", "description"]

    def response_add(
        self, request: HttpRequest, obj: WebhookEndpoint, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the secret, this once."""
        return shown_once(self.admin_site, request, what=f"The secret of {obj.url}", secret=obj.secret)

    def delete_model(self, request: HttpRequest, obj: WebhookEndpoint) -> None:
        endpoints.remove_endpoint(obj.pk)

    @admin.action(description="Give the selected webhook endpoint a new secret", permissions=["change"])
    def rotate_secret(self, request: HttpRequest, queryset: QuerySet[WebhookEndpoint]) -> HttpResponse | None:
        """Give one endpoint a new secret, and show it."""
        selected = list(queryset[:2])
        if len(selected) != 1:
            messages.error(request, "Select one webhook endpoint: its new secret is shown once.")
            return None
        changed = endpoints.rotate_secret(selected[0].pk)
        return shown_once(self.admin_site, request, what=f"The new secret of {changed.url}", secret=changed.secret)


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin[Delivery]):
    actions = ["replay"]
    list_display = [
        *("id", "event", "alert_id", "endpoint", "email", "state", "attempts"),
        *("due_at", "delivered_at", "response_status"),
    ]
    list_filter = ["state", "event"]
    list_select_related = ["endpoint"]
    search_fields = ["alert__id__exact", "email"]
    search_help_text = "The id of an alert, or an e-mail address."

    def has_replay_permission(self, request: HttpRequest) -> bool:
        """Return True if the user may change deliveries."""
        return self.may_change(request)

    @admin.action(description="Send selected deliveries again", permissions=["replay"])
    def replay(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        """Make deliveries due again."""
        due = delivery.replay(queryset.order_by())
        messages.success(request, f"{due} deliveries are due.")
