"""URLs: the landing page, the API, the admin, the metrics for Prometheus."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from wingtel.api.health import metrics

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("wingtel.dashboard.urls")),
    path("api/v1/", include("wingtel.api.urls")),
    path("metrics", metrics, name="metrics"),
    path("admin/", admin.site.urls),
]

handler400 = "wingtel.api.common.errors.bad_request"
handler403 = "wingtel.api.common.errors.permission_denied"
handler404 = "wingtel.api.common.errors.not_found"
handler500 = "wingtel.api.common.errors.server_error"
