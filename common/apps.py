from django.apps import AppConfig


class CommonConfig(AppConfig):
    """What all apps use."""

    name = "common"
