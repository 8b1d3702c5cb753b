"""URLs of an account's own pages."""

from __future__ import annotations

from django.urls import path

from accounts.views import tokens

app_name = "accounts"
urlpatterns = [
    path("tokens/", tokens.tokens, name="tokens"),
    path("tokens/<int:pk>/revoke/", tokens.revoke, name="revoke_token"),
]
