from django.apps import AppConfig


class CommonConfig(AppConfig):
    """Code that all apps use."""

    name = "common"
