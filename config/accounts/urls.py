"""URLs of an account's own pages."""

from __future__ import annotations

from django.urls import path

from config.accounts.views import account, join, people, tokens

app_name = "accounts"
urlpatterns = [
    path("", account.account, name="account"),
    path("password/", account.ChangePassword.as_view(), name="password"),
    path("join/<str:link>/", join.join, name="join"),
    path("people/", people.people, name="people"),
    path("people/invite/", people.invite, name="invite"),
    path("people/<int:pk>/role/", people.change_role, name="change_role"),
    path("people/<int:pk>/active/", people.change_active, name="change_active"),
    path("invitations/<int:pk>/withdraw/", people.withdraw, name="withdraw"),
    path("tokens/", tokens.tokens, name="tokens"),
    path("tokens/<int:pk>/revoke/", tokens.revoke, name="revoke_token"),
]
