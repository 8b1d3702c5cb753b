"""The URLs of the site: the home page, account/, api/, transfer/, studies/ and metrics/."""

from __future__ import annotations

from django.contrib.auth import views as auth
from django.urls import include, path

from config import views
from config.accounts.policy import viewers_may
from config.api.site import urls as api_urls
from config.login import Login

urlpatterns = [
    path("", views.home, name="home"),
    path("glossary/", views.glossary, name="glossary"),
    path("login/", Login.as_view(), name="login"),
    path("logout/", viewers_may(auth.LogoutView.as_view()), name="logout"),
    path("account/", include("config.accounts.urls")),
    path("api/v1/", api_urls()),
    path("transfer/", include("transfer.urls")),
    path("studies/", include("studies.urls")),
    path("metrics/", include("metrics.urls")),
    path("", include("config.monitoring")),
]
