"""The URLs of the site: the home page, transfer/, studies/ and metrics/."""

from __future__ import annotations

from django.contrib.auth import views as auth
from django.urls import include, path

from config import views
from config.login import Login

urlpatterns = [
    path("", views.home, name="home"),
    path("login/", Login.as_view(), name="login"),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
    path("transfer/", include("transfer.urls")),
    path("studies/", include("studies.urls")),
    path("metrics/", include("metrics.urls")),
]
