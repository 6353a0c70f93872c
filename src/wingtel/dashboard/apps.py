from django.apps import AppConfig


class DashboardConfig(AppConfig):
    name = "wingtel.dashboard"
    label = "wingtel_dashboard"
