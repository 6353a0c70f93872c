"""URLs of the landing page, login and logout."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from . import views

app_name = "wingtel_dashboard"

urlpatterns = [
    path("", views.landing, name="landing"),
    path("login/", LoginView.as_view(template_name="wingtel/login.html"), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
]
