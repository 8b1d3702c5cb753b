from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Accounts of researchers, on top of Django's own."""

    name = "config.accounts"
